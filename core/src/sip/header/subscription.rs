//! Event and Subscription-State: what a subscription is about and how it fares (RFC 6665 8.2).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, token, whole};
use crate::sip::param::{Params, params};
use core::fmt;

/// Defines a header that is a token with parameters.
macro_rules! token_with_params {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $(#[$field_doc:meta])* $field:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            $(#[$field_doc])*
            pub $field: &'a str,
            /// What is said about it.
            pub params: Params<'a>,
        }

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: &'static str = $wire;

            fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
                whole(value, rigour, |input| {
                    let (rest, $field) = expect("a name", token)(input)?;
                    let (rest, params) = params(rest, rigour)?;
                    Ok((rest, Self { $field, params }))
                })
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", self.$field, self.params)
            }
        }
    )*};
}

token_with_params! {
    /// What is subscribed to or notified.
    Event = "Event",
    /// The event package: `dialog`, `message-summary`, `refer`, ….
    package;
    /// How a subscription fares.
    SubscriptionState = "Subscription-State",
    /// `active`, `pending` or `terminated`.
    state;
    /// What a body is for (RFC 3261 20.11).
    ContentDisposition = "Content-Disposition",
    /// `session`, `render`, `early-session`, ….
    kind;
}

impl<'a> SubscriptionState<'a> {
    /// Why a subscription ended.
    #[must_use]
    pub fn reason(&self) -> Option<&'a str> {
        self.params.value("reason")
    }

    /// Seconds for which it still holds.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.params.value("expires")?.parse().ok()
    }
}
