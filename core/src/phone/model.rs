//! What each phone model can do, as far as the two documents say (BX-2, MX-1, MX-S7).

use core::fmt;

/// A phone model, or a series of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    /// BX3S.
    Bx3s,
    /// BX4.
    Bx4,
    /// BX5S.
    Bx5s,
    /// BX6.
    Bx6,
    /// BX7.
    Bx7,
    /// BX7C.
    Bx7c,
    /// GP210.
    Gp210,
    /// GP210i.
    Gp210i,
    /// The BXU series.
    Bxu,
    /// MiVoice 442x.
    Mx442x,
    /// Mitel 743x.
    Mx743x,
    /// Mitel 744x.
    Mx744x,
    /// Mitel 6700 series.
    Mx6700,
    /// Mitel 6800 series.
    Mx6800,
    /// Mitel 6900 series.
    Mx6900,
}

/// Whether a model records to a USB drive (BX-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalRecording {
    /// Stated: it does.
    Supported,
    /// Stated: it does not.
    Unsupported,
    /// Nothing is stated. Taken to work where a drive can be mounted, and shown as not stated.
    NotStated,
}

/// How a model registers with its PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registration {
    /// By SIP REGISTER.
    Sip,
    /// By H.323 RAS.
    H323,
}

/// The port on which a model listens for the recording system's SIP (MX-S7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordingPort {
    /// This one, always.
    Fixed(u16),
    /// One that the configuration file sets; this one unless it does.
    Configurable(u16),
}

impl Model {
    /// Every model, in the documents' order.
    pub const ALL: [Self; 15] = [
        Self::Bx3s,
        Self::Bx4,
        Self::Bx5s,
        Self::Bx6,
        Self::Bx7,
        Self::Bx7c,
        Self::Gp210,
        Self::Gp210i,
        Self::Bxu,
        Self::Mx442x,
        Self::Mx743x,
        Self::Mx744x,
        Self::Mx6700,
        Self::Mx6800,
        Self::Mx6900,
    ];

    /// The model as the documents call it: `BX5S`, `6800`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bx3s => "BX3S",
            Self::Bx4 => "BX4",
            Self::Bx5s => "BX5S",
            Self::Bx6 => "BX6",
            Self::Bx7 => "BX7",
            Self::Bx7c => "BX7C",
            Self::Gp210 => "GP210",
            Self::Gp210i => "GP210i",
            Self::Bxu => "BXU",
            Self::Mx442x => "442x",
            Self::Mx743x => "743x",
            Self::Mx744x => "744x",
            Self::Mx6700 => "6700",
            Self::Mx6800 => "6800",
            Self::Mx6900 => "6900",
        }
    }

    /// The model called `name`, without regard to case; also a member of a series, such as `6867i`
    /// or `7434`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        let starts = |start: &str| {
            name.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
        };
        let exact = Self::ALL.into_iter().find(|model| model.name().eq_ignore_ascii_case(name));
        exact.or_else(|| {
            let series = [
                ("BXU", Self::Bxu),
                ("442", Self::Mx442x),
                ("743", Self::Mx743x),
                ("744", Self::Mx744x),
                ("67", Self::Mx6700),
                ("68", Self::Mx6800),
                ("69", Self::Mx6900),
            ];
            let is_member = name.len() >= 4 && name.bytes().any(|b| b.is_ascii_digit());
            series.into_iter().find(|(start, _)| is_member && starts(start)).map(|(_, model)| model)
        })
    }

    /// Whether it records to a USB drive; the MX terminals have no such method.
    #[must_use]
    pub const fn local_recording(self) -> LocalRecording {
        match self {
            Self::Bx5s | Self::Bx6 => LocalRecording::Supported,
            Self::Bx7 | Self::Bx7c | Self::Gp210 | Self::Gp210i | Self::Bxu => {
                LocalRecording::NotStated
            }
            _ => LocalRecording::Unsupported,
        }
    }

    /// Whether it is one of the phones that record by themselves (BX-1), not on a recording
    /// system's order (MX-1).
    #[must_use]
    pub const fn records_itself(self) -> bool {
        self.recording_port().is_none()
    }

    /// How it registers with its PBX.
    #[must_use]
    pub const fn registration(self) -> Registration {
        match self {
            Self::Mx442x | Self::Mx743x | Self::Mx744x => Registration::H323,
            _ => Registration::Sip,
        }
    }

    /// Where it listens for the recording system; `None` where it does not (MX-S7).
    #[must_use]
    pub const fn recording_port(self) -> Option<RecordingPort> {
        match self {
            Self::Mx442x | Self::Mx743x | Self::Mx744x => Some(RecordingPort::Fixed(7300)),
            Self::Mx6700 | Self::Mx6800 | Self::Mx6900 => Some(RecordingPort::Configurable(5060)),
            _ => None,
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stated_is_claimed() {
        use LocalRecording::{NotStated, Supported, Unsupported};
        let cases = [
            (Model::Bx3s, Unsupported),
            (Model::Bx4, Unsupported),
            (Model::Bx5s, Supported),
            (Model::Bx6, Supported),
            (Model::Bx7, NotStated),
            (Model::Bx7c, NotStated),
            (Model::Gp210, NotStated),
            (Model::Gp210i, NotStated),
            (Model::Bxu, NotStated),
        ];
        for (model, expected) in cases {
            assert_eq!(model.local_recording(), expected, "{model}");
            assert!(model.records_itself());
            assert_eq!(model.recording_port(), None);
        }
    }

    #[test]
    fn terminals_listen_where_the_document_says() {
        for model in [Model::Mx442x, Model::Mx743x, Model::Mx744x] {
            assert_eq!(model.recording_port(), Some(RecordingPort::Fixed(7300)));
            assert_eq!(model.registration(), Registration::H323);
        }
        for model in [Model::Mx6700, Model::Mx6800, Model::Mx6900] {
            assert_eq!(model.recording_port(), Some(RecordingPort::Configurable(5060)));
            assert_eq!(model.registration(), Registration::Sip);
            assert_eq!(model.local_recording(), LocalRecording::Unsupported);
        }
    }

    #[test]
    fn models_are_found_by_name_and_series() {
        for model in Model::ALL {
            assert_eq!(Model::find(model.name()), Some(model));
        }
        let cases = [
            ("gp210I", Some(Model::Gp210i)),
            ("BXU50", Some(Model::Bxu)),
            ("6867i", Some(Model::Mx6800)),
            ("7434", Some(Model::Mx743x)),
            ("4425", Some(Model::Mx442x)),
            ("BX", None),
            ("68", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Model::find(name), expected, "{name}");
        }
    }
}
