//! Headers that are a list of names.

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, token, whole};
use crate::sip::method::Method;
use core::fmt;

/// Defines a header each element of which is one token.
macro_rules! token_headers {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(pub &'a str);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: &'static str = $wire;
            const IS_LIST: bool = true;

            fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
                whole(value, rigour, expect("a name", token)).map(Self)
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}

token_headers! {
    /// An extension that the sender knows (RFC 3261 20.37).
    Supported = "Supported";
    /// An extension that the receiver must know (RFC 3261 20.32).
    Require = "Require";
    /// An extension that proxies must know (RFC 3261 20.29).
    ProxyRequire = "Proxy-Require";
    /// An extension that was required and is not known (RFC 3261 20.40).
    Unsupported = "Unsupported";
    /// An event package that the sender knows (RFC 6665 8.2.2).
    AllowEvents = "Allow-Events";
    /// How the body is packed (RFC 3261 20.12).
    ContentEncoding = "Content-Encoding";
}

/// A method that the sender takes (RFC 3261 20.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Allow<'a>(pub Method<'a>);

impl<'a> TypedHeader<'a> for Allow<'a> {
    const NAME: &'static str = "Allow";
    const IS_LIST: bool = true;

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, expect("a method", token)).map(Method::from_token).map(Self)
    }
}

impl fmt::Display for Allow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
