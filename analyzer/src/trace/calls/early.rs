//! The early dialogs of an INVITE: one per To tag, several where a proxy forked it.

use recscope_core::sip::{Message, header::Contact};

/// A dialog before the call is answered, or the one that it went on with.
#[derive(Clone, Debug)]
pub(crate) struct EarlyDialog {
    pub(crate) tag: Box<str>,
    /// URI of its Contact; empty if it gave none.
    pub(crate) target: Box<str>,
    /// Its last status.
    pub(crate) status: u16,
    pub(crate) is_winner: bool,
    announces_media: bool,
}

/// All of them, in the order of their first answer.
#[derive(Clone, Debug, Default)]
pub(super) struct EarlyDialogs {
    all: Vec<EarlyDialog>,
}

impl EarlyDialogs {
    /// Most that are told apart.
    const MOST: usize = 64;

    /// Takes an answer to the INVITE. Returns whether it is the first of its dialog that carries
    /// a description, if it carries one.
    pub(super) fn on_response(
        &mut self,
        message: &Message<'_>,
        tag: Option<&str>,
        status: u16,
    ) -> bool {
        let Some(tag) = tag.filter(|_| (101..=299).contains(&status)) else { return false };
        let answered = self.all.iter().any(|dialog| dialog.is_winner);
        let known = self.all.iter().position(|dialog| *dialog.tag == *tag);
        if known.is_none() && self.all.len() < Self::MOST {
            self.all.push(EarlyDialog {
                tag: tag.into(),
                target: "".into(),
                status,
                is_winner: false,
                announces_media: false,
            });
        }
        let dialog = match known {
            Some(at) => self.all.get_mut(at),
            None => self.all.last_mut().filter(|last| *last.tag == *tag),
        };
        let Some(dialog) = dialog else { return false };
        dialog.status = status;
        dialog.is_winner |= status >= 200 && !answered;
        let contact = message.contacts().next();
        if let Some(address) = contact.as_ref().and_then(Contact::address) {
            dialog.target = address.uri.to_string().into();
        }
        let is_first = !dialog.announces_media;
        dialog.announces_media |= message.sdp().is_some();
        is_first
    }

    /// All of them, if there are several.
    pub(super) fn forks(&self) -> &[EarlyDialog] {
        if self.all.len() > 1 { &self.all } else { &[] }
    }

    /// Whether the call went on with another dialog than `tag`.
    pub(super) fn is_loser(&self, tag: Option<&str>) -> bool {
        let other = self.all.iter().any(|dialog| dialog.is_winner && Some(&*dialog.tag) != tag);
        other && self.all.iter().any(|dialog| Some(&*dialog.tag) == tag)
    }

    /// Who answered first, if several could.
    pub(super) fn winner_in_words(&self) -> Option<String> {
        let winner = self.forks().iter().find(|dialog| dialog.is_winner)?;
        let name = if winner.target.is_empty() { &winner.tag } else { &winner.target };
        Some(format!("answered by {name}, one of {} places that it was sent on to", self.all.len()))
    }
}
