//! The scenarios that come with the program.

use super::{Problem, Scenario};

/// A scenario of the catalogue: its id and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id: `mx-dynamic`.
    pub id: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! catalogue {
    ($($id:literal)*) => {
        /// Every scenario that comes with the program, in the documents' order.
        const CATALOGUE: &[Entry] = &[
            $(Entry { id: $id, text: include_str!(concat!("../../scenarios/", $id, ".toml")) },)*
        ];
    };
}

catalogue! {
    "bx-local-basic"
    "bx-local-rollover"
    "bx-local-pause-resume"
    "bx-local-no-usb"
    "bx-local-usb-full"
    "bx-local-usb-removed"
    "bx-local-unsupported-model"
    "bx-local-power-loss"
    "bx-playback"
    "bx-server-basic"
    "bx-server-failed"
    "bx-server-no-answer"
    "bx-server-socket-error"
    "bx-server-unsupported-codec"
    "bx-info-basic"
    "bx-info-rejected"
    "mx-dynamic"
    "mx-static"
    "mx-multiple-invite"
    "mx-keepalive"
    "mx-keepalive-refresh"
    "mx-recovery"
    "mx-forced-logoff"
    "mx-power-off"
    "mx-config-update"
    "mx-firmware-update"
    "mx-restart"
    "mx-unregister"
    "mx-invite-logged-off"
    "mx-disallowed-source"
    "mx-on-demand-start"
    "mx-on-demand-save"
    "mx-h323-terminal"
}

/// Every scenario that comes with the program, in the documents' order.
#[must_use]
pub const fn catalogue() -> &'static [Entry] {
    CATALOGUE
}

/// The scenario of this id.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.id == id)
}

impl Entry {
    /// The scenario, with settings that a user changed.
    ///
    /// # Errors
    /// A setting that it does not have, or a value that does not fit.
    pub fn scenario(&self, changes: &super::Changes<'_>) -> Result<Scenario, Problem> {
        Scenario::parse(&format!("{}.toml", self.id), self.text, changes)
    }
}
