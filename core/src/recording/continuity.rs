//! What the sequence numbers and timestamps of a recording's blocks say about what is missing:
//! lost blocks, pauses (BX-L5), blocks out of place.

use alloc::vec::Vec;

use crate::rtp;

/// How a block follows the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// As it should, or there is nothing to tell by: the first block, or no RTP headers.
    Next,
    /// After a [`Gap`], or after two: blocks lost, then a pause.
    AfterGap,
    /// Out of order: it belongs where its `position` says, and closes a gap there.
    Late,
    /// A repetition of a block that was already read.
    Duplicate,
    /// With numbers that have nothing to do with those before (another source, a restarted
    /// stream): how much time lies between cannot be known, and is taken to be none.
    Restart,
}

/// Why there is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// This many blocks are missing by sequence number.
    Lost {
        /// Blocks missing.
        blocks: u64,
    },
    /// Sequence numbers go on, timestamps jump: the recording was paused (BX-L5), or the sender
    /// was silent.
    Pause,
}

/// Time that the recording has no blocks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// Timestamp units from the first block to the gap.
    pub position: u64,
    /// Timestamp units that it lasts.
    pub ticks: u64,
    /// File offset of the block behind it.
    pub offset: u64,
    /// Extended sequence number of the first block lost.
    first_lost: i64,
}

/// Follows the blocks of one recording.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    increment: u32,
    longest_pause: u64,
    max_gaps: usize,
    newest: Option<Newest>,
    /// Extended sequence number that the current run of numbers began with.
    run_start: i64,
    /// Which of the last 128 sequence numbers are there; bit 0 is the newest.
    seen: u128,
    end: u64,
    pub(super) gaps: Vec<Gap>,
    pub(super) gaps_omitted: u64,
    pub(super) lost: u64,
    pub(super) late: u64,
    pub(super) duplicates: u64,
    pub(super) restarts: u64,
}

/// The block that is ahead of all others.
#[derive(Clone, Copy, Debug)]
struct Newest {
    rtp: rtp::Header,
    extended: i64,
    position: u64,
}

/// Sequence numbers that may be missing in a row before it is another stream (RFC 3550 A.1).
const MAX_DROPOUT: i16 = 3000;

/// Sequence numbers that a block may come too late by (RFC 3550 A.1).
const MAX_MISORDER: i16 = 100;

/// Seconds after which a jump in time is no pause but another clock.
const LONGEST_PAUSE: u64 = 24 * 3600;

impl Tracker {
    /// A tracker for blocks that last `increment` timestamp units (0: unknown) of a clock of
    /// `clock` Hz, which keeps at most `max_gaps` gaps.
    pub(super) fn new(increment: u32, clock: u32, max_gaps: usize) -> Self {
        Self {
            increment,
            longest_pause: u64::from(clock) * LONGEST_PAUSE,
            max_gaps,
            newest: None,
            run_start: 0,
            seen: 0,
            end: 0,
            gaps: Vec::new(),
            gaps_omitted: 0,
            lost: 0,
            late: 0,
            duplicates: 0,
            restarts: 0,
        }
    }

    /// Timestamp units from the first block's beginning to the last one's end, gaps included.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The header of the block that is ahead of all others.
    pub(super) fn newest(&self) -> Option<&rtp::Header> {
        self.newest.as_ref().map(|newest| &newest.rtp)
    }

    /// Takes the next block, at a file offset; gives its position in timestamp units from the
    /// first block.
    pub(super) fn accept(&mut self, rtp: Option<rtp::Header>, offset: u64) -> (Continuity, u64) {
        let (continuity, position) = match rtp {
            None => (Continuity::Next, self.end),
            Some(rtp) => self.place(rtp, offset),
        };
        self.end = self.end.max(position.saturating_add(self.increment.into()));
        (continuity, position)
    }

    fn place(&mut self, rtp: rtp::Header, offset: u64) -> (Continuity, u64) {
        let Some(newest) = self.newest else {
            self.seen = 1;
            self.newest = Some(Newest { rtp, extended: 0, position: 0 });
            return (Continuity::Next, 0);
        };
        if rtp.ssrc != newest.rtp.ssrc {
            return self.restart(rtp);
        }
        let steps = rtp.sequence.distance_from(newest.rtp.sequence);
        let ticks = i64::from(rtp.timestamp.distance_from(newest.rtp.timestamp));
        let in_step = ticks == i64::from(steps) * i64::from(self.increment);
        match steps {
            1.. if steps <= MAX_DROPOUT || in_step => self.advance(rtp, offset, newest, ticks),
            0 if ticks == 0 => self.repeat(newest.position),
            ..0 if steps >= -MAX_MISORDER && ticks <= 0 => self.look_back(newest, steps, ticks),
            _ => self.restart(rtp),
        }
    }

    /// A block ahead of all others: next in line, or with a gap before it.
    fn advance(
        &mut self,
        rtp: rtp::Header,
        offset: u64,
        newest: Newest,
        ticks: i64,
    ) -> (Continuity, u64) {
        let steps = rtp.sequence.distance_from(newest.rtp.sequence).unsigned_abs();
        let missing = u64::from(steps) - 1;
        let one = u64::from(self.increment);
        let by_sequence = u64::from(steps) * one;
        let pause = match u64::try_from(ticks) {
            // Nothing says how long a block lasts, so the timestamps are all there is.
            Ok(ticks) if one == 0 => {
                return self.step_to(rtp, newest, steps, newest.position.saturating_add(ticks));
            }
            Ok(ticks) if ticks >= by_sequence => ticks - by_sequence,
            _ => return self.restart(rtp),
        };
        if pause > self.longest_pause {
            return self.restart(rtp);
        }
        let end_of_newest = newest.position.saturating_add(one);
        if missing > 0 {
            self.lost += missing;
            self.keep(Gap {
                kind: GapKind::Lost { blocks: missing },
                position: end_of_newest,
                ticks: missing * one,
                offset,
                first_lost: newest.extended + 1,
            });
        }
        if pause > 0 {
            let position = end_of_newest.saturating_add(missing * one);
            let kind = GapKind::Pause;
            self.keep(Gap { kind, position, ticks: pause, offset, first_lost: 0 });
        }
        let position = newest.position.saturating_add(by_sequence).saturating_add(pause);
        self.step_to(rtp, newest, steps, position)
    }

    fn step_to(
        &mut self,
        rtp: rtp::Header,
        newest: Newest,
        steps: u16,
        position: u64,
    ) -> (Continuity, u64) {
        self.seen = self.seen.checked_shl(steps.into()).unwrap_or(0) | 1;
        let extended = newest.extended + i64::from(steps);
        let expected = newest.position.saturating_add(self.increment.into());
        self.newest = Some(Newest { rtp, extended, position });
        let in_line = steps == 1 && (self.increment == 0 || position == expected);
        (if in_line { Continuity::Next } else { Continuity::AfterGap }, position)
    }

    /// A block from behind the newest: late, or there already.
    fn look_back(&mut self, newest: Newest, steps: i16, ticks: i64) -> (Continuity, u64) {
        let position = newest.position.saturating_sub(ticks.unsigned_abs());
        let bit = 1_u128 << steps.unsigned_abs();
        if self.seen & bit != 0 {
            return self.repeat(position);
        }
        self.seen |= bit;
        self.late += 1;
        let extended = newest.extended + i64::from(steps);
        if extended >= self.run_start {
            self.lost = self.lost.saturating_sub(1);
            self.fill(extended);
        }
        (Continuity::Late, position)
    }

    fn repeat(&mut self, position: u64) -> (Continuity, u64) {
        self.duplicates += 1;
        (Continuity::Duplicate, position)
    }

    fn restart(&mut self, rtp: rtp::Header) -> (Continuity, u64) {
        self.restarts += 1;
        let extended = self.newest.map_or(0, |newest| newest.extended + 1);
        let position = self.end;
        self.newest = Some(Newest { rtp, extended, position });
        self.run_start = extended;
        self.seen = 1;
        (Continuity::Restart, position)
    }

    fn keep(&mut self, gap: Gap) {
        if self.gaps.len() < self.max_gaps {
            self.gaps.push(gap);
        } else {
            self.gaps_omitted += 1;
        }
    }

    /// Takes a block that came after all out of the gap that was noted for it.
    fn fill(&mut self, extended: i64) {
        let found = self.gaps.iter_mut().enumerate().rev().find_map(|(index, gap)| {
            let GapKind::Lost { blocks } = gap.kind else { return None };
            let before = u64::try_from(extended - gap.first_lost).ok()?;
            (before < blocks).then(|| (index, gap, before, blocks - before - 1))
        });
        let Some((index, gap, before, after)) = found else { return };
        let one = u64::from(self.increment);
        let behind = Gap {
            kind: GapKind::Lost { blocks: after },
            position: gap.position + (before + 1) * one,
            ticks: after * one,
            first_lost: extended + 1,
            ..*gap
        };
        *gap = Gap { kind: GapKind::Lost { blocks: before }, ticks: before * one, ..*gap };
        match (before, after) {
            (0, 0) => {
                self.gaps.remove(index);
            }
            (0, _) => *gap = behind,
            (_, 0) => {}
            // Two gaps where there was one; the later can be dropped like any other.
            _ if self.gaps.len() < self.max_gaps => self.gaps.insert(index + 1, behind),
            _ => self.gaps_omitted += 1,
        }
    }
}

#[cfg(test)]
mod tests;
