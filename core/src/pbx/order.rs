//! What a PBX orders a registered phone to do, and how that is said.

use crate::rule::{self, Rule};
use crate::sip::Message;

/// An order to a phone. To a SIP phone it is a NOTIFY without a subscription, as in the field: the
/// event `check-sync` makes phones read their configuration, with `reboot=true` the firmware too;
/// the event `reg` (RFC 3680) with a terminated state says that a registration is gone. To an H.323
/// phone it is a URQ with [`Order::reason`]. What an MX-ONE sends is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Unregister, read the configuration, register again (MX-S13).
    ReadConfiguration,
    /// Unregister, load the firmware, restart, register again (MX-S13).
    LoadFirmware,
    /// Be logged off, because another phone has the extension now (MX-S11).
    LogOff,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::ReadConfiguration, Self::LoadFirmware, Self::LogOff];

    /// The rule that asks for it.
    #[must_use]
    pub const fn rule(self) -> &'static Rule {
        match self {
            Self::ReadConfiguration | Self::LoadFirmware => rule::MX_S13,
            Self::LogOff => rule::MX_S11,
        }
    }

    /// The value of the NOTIFY's Event header.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::ReadConfiguration => "check-sync;reboot=false",
            Self::LoadFirmware => "check-sync;reboot=true",
            Self::LogOff => "reg",
        }
    }

    /// The URQ's reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ReadConfiguration => "read the configuration",
            Self::LoadFirmware => "load the firmware",
            Self::LogOff => "extension registered elsewhere",
        }
    }

    /// The order that a URQ with this reason carries.
    #[must_use]
    pub fn from_reason(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.reason() == reason)
    }

    /// The order that a NOTIFY carries, if it carries one.
    #[must_use]
    pub fn from_notify(notify: &Message<'_>) -> Option<Self> {
        let mut parts = notify.header("Event")?.split(';').map(str::trim);
        let package = parts.next()?;
        if package.eq_ignore_ascii_case("check-sync") {
            let reboots = parts.any(|part| part.eq_ignore_ascii_case("reboot=true"));
            return Some(if reboots { Self::LoadFirmware } else { Self::ReadConfiguration });
        }
        let state = notify.header("Subscription-State")?;
        let terminated = state.split(';').next()?.trim().eq_ignore_ascii_case("terminated");
        (package.eq_ignore_ascii_case("reg") && terminated).then_some(Self::LogOff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn each_order_is_read_back_from_its_notify_and_its_reason() {
        for order in Order::ALL {
            let notify = format!(
                "NOTIFY sip:1000@192.0.2.20 SIP/2.0\r\nEvent: {}\r\n\
                 Subscription-State: terminated;reason=rejected\r\n\r\n",
                order.event()
            );
            let parsed = Message::parse(notify.as_bytes()).map(|p| Order::from_notify(&p.message));
            assert_eq!(parsed.ok().flatten(), Some(order));
            assert_eq!(Order::from_reason(order.reason()), Some(order));
        }
    }

    #[test]
    fn other_notifications_order_nothing() {
        for headers in [
            "Event: message-summary\r\nSubscription-State: terminated\r\n",
            "Event: reg\r\nSubscription-State: active\r\n",
            "Subscription-State: terminated\r\n",
        ] {
            let notify = format!("NOTIFY sip:1000@192.0.2.20 SIP/2.0\r\n{headers}\r\n");
            let parsed = Message::parse(notify.as_bytes()).map(|p| Order::from_notify(&p.message));
            assert_eq!(parsed.ok().flatten(), None, "{headers}");
        }
    }
}
