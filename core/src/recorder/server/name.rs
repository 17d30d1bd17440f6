//! What the files of a recording are called.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use crate::control::{Direction, StartRequest};
use crate::recording::SystemTime;

/// Characters that are taken of each value that the phone chose.
const LONGEST: usize = 32;

/// `20261122091500_in_1000_2001_00087b10a2f4_41000.wav`: when the first packet came, who called,
/// the phone's own number, the other party's, the phone, and the port that the recording had. The
/// port keeps two recordings of one second apart, and [`Names`] those of one port; from its second
/// file on a recording's part follows.
///
/// Of what the phone chose only letters, digits and `+` of ASCII are taken, for everything else
/// stands a hyphen: no value can name a folder, hide the file or end its name.
pub(super) fn file_name(time: SystemTime, request: &StartRequest, port: u16, part: u32) -> String {
    let direction = request.direction.map_or("unknown", Direction::name);
    let local = harmless(&request.local_number);
    let remote = harmless(&request.remote_number);
    let device = harmless(&request.device);
    let start = format!("{time}_{direction}_{local}_{remote}_{device}_{port}");
    if part > 1 { format!("{start}_{part}.wav") } else { format!("{start}.wav") }
}

/// The names given in the last second in which one was. A phone that starts again at once can get
/// the same port within that second, and the file of its first recording is not to be lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    second: Option<SystemTime>,
    given: BTreeSet<String>,
}

impl Names {
    /// The name, or where it was given before, the name with a number before its ending.
    pub(super) fn unique(&mut self, time: SystemTime, name: &str) -> String {
        if self.second.replace(time) != Some(time) {
            self.given.clear();
        }
        let start = name.strip_suffix(".wav").unwrap_or(name);
        let numbered = (2_u32..).map(|number| format!("{start}-{number}.wav"));
        let mut names = core::iter::once(String::from(name)).chain(numbered);
        let fresh = names.find(|name| !self.given.contains(name)).unwrap_or_default();
        self.given.insert(fresh.clone());
        fresh
    }
}

fn harmless(value: &str) -> String {
    let mut kept = String::new();
    for character in value.chars() {
        if kept.len() == LONGEST {
            break;
        }
        if character.is_ascii_alphanumeric() || character == '+' {
            kept.push(character);
        } else if !kept.is_empty() && !kept.ends_with('-') {
            kept.push('-');
        }
    }
    let kept = kept.trim_end_matches('-');
    String::from(if kept.is_empty() { "unknown" } else { kept })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    const TIME: SystemTime = SystemTime(1_795_338_900);

    fn request(local: &str, remote: &str, device: &str) -> StartRequest {
        StartRequest {
            local_number: local.to_string(),
            remote_number: remote.to_string(),
            device: device.to_string(),
            direction: Some(Direction::In),
            ..StartRequest::default()
        }
    }

    #[test]
    fn a_name_tells_who_talked_to_whom_and_when() {
        let usual = request("1000", "+4930123", "00087b10a2f4");
        let name = file_name(TIME, &usual, 41_000, 1);
        assert_eq!(name, "20261122091500_in_1000_+4930123_00087b10a2f4_41000.wav");
        let name = file_name(TIME, &StartRequest::default(), 41_002, 3);
        assert_eq!(name, "20261122091500_unknown_unknown_unknown_unknown_41002_3.wav");
    }

    #[test]
    fn what_could_lead_elsewhere_is_left_out() {
        let long = "9".repeat(10 * 1024);
        let cases = [
            ("../../etc/passwd", "etc-passwd"),
            ("..", "unknown"),
            ("/dev/sda", "dev-sda"),
            ("C:\\con", "C-con"),
            ("10\u{0}00.sh", "10-00-sh"),
            ("a\nb\rc", "a-b-c"),
            ("sip:1000@192.0.2.1", "sip-1000-192-0-2-1"),
            ("\u{202e}gpj.exe", "gpj-exe"),
            ("Ⅷ-٤", "unknown"),
            ("*72#", "72"),
            (&long, &long[..32]),
        ];
        for (number, kept) in cases {
            let name = file_name(TIME, &request(number, "1", "2"), 41_000, 1);
            assert_eq!(name, std::format!("20261122091500_in_{kept}_1_2_41000.wav"), "{number:?}");
        }
    }

    #[test]
    fn no_name_is_given_twice_in_a_second() {
        let mut names = Names::default();
        let mut name = |time| names.unique(SystemTime(time), "a.wav");
        assert_eq!([name(1), name(1), name(1), name(2)], ["a.wav", "a-2.wav", "a-3.wav", "a.wav"]);
    }

    proptest! {
        #[test]
        fn any_request_gives_a_short_plain_name(local: String, remote: String, device: String) {
            let name = file_name(TIME, &request(&local, &remote, &device), 41_000, 2);
            prop_assert!(name.len() < 160);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+".contains(c);
            prop_assert!(name.strip_suffix(".wav").unwrap().chars().all(is_plain), "{}", name);
        }
    }
}
