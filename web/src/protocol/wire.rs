//! Values as bytes: fields in order, numbers little-endian, counts before what they count.
//!
//! Both ends are the same program, so nothing needs to describe itself; that keeps the code a
//! fraction of what a general format would bring along.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// A value that goes over the wire.
pub trait Wire: Sized {
    /// Appends the value.
    fn put(&self, to: &mut Vec<u8>);

    /// Takes a value from the front of `from`; none when the bytes are not of this type.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

/// A struct by its fields.
macro_rules! record {
    ($($type:ty { $($field:ident),* })*) => {$(
        impl Wire for $type {
            fn put(&self, to: &mut Vec<u8>) {
                $(self.$field.put(to);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: Wire::take(from)?),* })
            }
        }
    )*};
}

/// An enum by a number for each variant, and the variant's fields.
macro_rules! choice {
    ($($type:ty { $($number:literal $variant:ident { $($field:tt : $name:ident),* })* })*) => {$(
        impl Wire for $type {
            fn put(&self, to: &mut Vec<u8>) {
                match self {
                    $(Self::$variant { $($field: $name),* } => {
                        to.push($number);
                        $($name.put(to);)*
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                match u8::take(from)? {
                    $($number => Some(Self::$variant { $($field: Wire::take(from)?),* }),)*
                    _ => None,
                }
            }
        }
    )*};
}

pub(crate) use {choice, record};

macro_rules! number {
    ($($type:ty)*) => {$(
        impl Wire for $type {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )*};
}

number! { u8 u16 u32 u64 i64 f32 f64 }

impl Wire for usize {
    fn put(&self, to: &mut Vec<u8>) {
        (*self as u64).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Self::try_from(u64::take(from)?).ok()
    }
}

impl Wire for bool {
    fn put(&self, to: &mut Vec<u8>) {
        u8::from(*self).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(u8::take(from)? != 0)
    }
}

impl Wire for String {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let len = usize::take(from)?;
        let (bytes, rest) = from.split_at_checked(len)?;
        *from = rest;
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        for item in self {
            item.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let len = usize::take(from)?;
        (0..len).map(|_| T::take(from)).collect()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_ok().put(to);
        match self {
            Ok(value) => value.put(to),
            Err(error) => error.put(to),
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::take(from)? { Ok(T::take(from)?) } else { Err(E::take(from)?) })
    }
}

impl<T: Wire> Wire for Range<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.start.put(to);
        self.end.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(T::take(from)?..T::take(from)?)
    }
}

impl<T: Wire> Wire for Rc<T> {
    fn put(&self, to: &mut Vec<u8>) {
        (**self).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        T::take(from).map(Self::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<V: Wire> Wire for BTreeMap<String, V> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        for (key, value) in self {
            key.put(to);
            value.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        // One by one: `collect` would bring a sort along, whose code is larger than this module.
        let mut map = Self::new();
        for _ in 0..usize::take(from)? {
            map.insert(String::take(from)?, V::take(from)?);
        }
        Some(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_over<T: Wire + PartialEq + std::fmt::Debug>(value: &T) {
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        let mut rest = bytes.as_slice();
        assert_eq!(T::take(&mut rest).as_ref(), Some(value));
        assert!(rest.is_empty());
        for cut in 0..bytes.len() {
            assert_eq!(T::take(&mut bytes.get(..cut).unwrap()), None, "{cut} of {}", bytes.len());
        }
    }

    #[test]
    fn values_arrive_as_they_were_sent_and_not_if_cut() {
        goes_over(&(u64::MAX, i64::MIN));
        goes_over(&(f64::MIN_POSITIVE, 1.5_f32));
        goes_over(&vec!["".to_owned(), "Grüße".to_owned()]);
        goes_over(&(Some(7_usize), None::<bool>));
        goes_over(&Err::<u8, String>("no such call".to_owned()));
        goes_over(&BTreeMap::from([("arp".to_owned(), 2_u64), ("stp".to_owned(), 1)]));
    }

    #[test]
    fn a_count_that_cannot_be_is_refused_without_memory() {
        let mut bytes = Vec::new();
        usize::MAX.put(&mut bytes);
        assert_eq!(Vec::<String>::take(&mut bytes.as_slice()), None);
        assert_eq!(String::take(&mut bytes.as_slice()), None);
    }
}
