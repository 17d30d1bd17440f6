//! What is shown, as a link: `#/simulate/mx-keepalive?seed=7&set=keep_alive%3D10s&fault=lose:UPDATE@recorder&step=12`.

use recscope_simulator::lesson::{Setup, Source};
use std::fmt::{self, Write};

/// A place on the Simulate page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What is played; none while nothing is chosen. Of a user's own scenario, a link has the
    /// name and not the text.
    pub setup: Option<Setup>,
    /// The step that is shown, from 0.
    pub step: usize,
}

/// What every link to the page begins with.
pub const PAGE: &str = "#/simulate";
/// Before the name of a user's own scenario, which no id of the catalogue begins with.
const OWN: char = '~';

impl Route {
    /// Reads a fragment, `#` and all. What makes no sense is left out, with a sentence about it.
    #[must_use]
    pub fn parse(fragment: &str) -> (Self, Vec<String>) {
        let rest = fragment.strip_prefix(PAGE).unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let name = decode(path.trim_matches('/'));
        let mut wrong = Vec::new();
        if name.is_empty() {
            return (Self::default(), wrong);
        }
        let mut setup = Setup::of(match name.strip_prefix(OWN) {
            Some(name) => Source::Own { name: name.to_owned(), text: String::new() },
            None => Source::Catalogue(name),
        });
        let mut step = 0;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = decode(value);
            match key {
                "seed" => match value.parse() {
                    Ok(seed) => setup.seed = Some(seed),
                    Err(_) => wrong.push(format!(
                        "{value:?} in the link is no seed: write a whole number, as in seed=7"
                    )),
                },
                "step" => match value.parse() {
                    Ok(number) => step = number,
                    Err(_) => wrong.push(format!(
                        "{value:?} in the link is no step: write a whole number, as in step=12"
                    )),
                },
                "set" => match value.split_once('=') {
                    Some((key, value)) => setup.set.push((key.to_owned(), value.to_owned())),
                    None => wrong
                        .push(format!("{value:?} in the link sets nothing: write set=KEY%3DVALUE")),
                },
                "fault" => setup.faults.push(value),
                _ => wrong.push(format!(
                    "{key:?} in the link means nothing: there are seed, set, fault and step"
                )),
            }
        }
        (Self { setup: Some(setup), step }, wrong)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PAGE)?;
        let Some(setup) = &self.setup else { return Ok(()) };
        match &setup.source {
            Source::Catalogue(id) => write!(f, "/{}", Encoded(id))?,
            Source::Own { name, .. } => write!(f, "/{OWN}{}", Encoded(name))?,
        }
        let mut mark = '?';
        let mut put = |key: &str, value: &dyn fmt::Display| {
            let written = write!(f, "{mark}{key}={value}");
            mark = '&';
            written
        };
        if let Some(seed) = setup.seed {
            put("seed", &seed)?;
        }
        for (key, value) in &setup.set {
            put("set", &Encoded(&format!("{key}={value}")))?;
        }
        for fault in &setup.faults {
            put("fault", &Encoded(fault))?;
        }
        if self.step > 0 {
            put("step", &self.step)?;
        }
        Ok(())
    }
}

/// A text with everything escaped that means something in a link or that browsers rewrite. What
/// faults are made of stays readable.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => f.write_char(char::from(byte))?,
                b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b',' | b'*' => {
                    f.write_char(char::from(byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// Undoes [`Encoded`]; what is no escape stays, as it may come from somebody's keyboard.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let is_hex = |digits: &&str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let escaped = digits.filter(is_hex).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    #[test]
    fn links_are_written_so_that_they_can_be_read() {
        let setup = Setup {
            seed: Some(7),
            set: vec![("keep_alive".to_owned(), "10s".to_owned())],
            faults: vec!["lose:UPDATE@recorder,phone:2".to_owned(), "loss=5%:*".to_owned()],
            ..Setup::of(Source::Catalogue("mx-keepalive".to_owned()))
        };
        let route = Route { setup: Some(setup), step: 12 };
        assert_eq!(
            route.to_string(),
            "#/simulate/mx-keepalive?seed=7&set=keep_alive%3D10s\
             &fault=lose:UPDATE@recorder,phone:2&fault=loss%3D5%25:*&step=12"
        );
        assert_eq!(Route::default().to_string(), "#/simulate");
    }

    #[test]
    fn what_makes_no_sense_is_told_and_the_rest_is_read() {
        let (route, wrong) = Route::parse(
            "#/simulate/mx-dynamic?seed=x&step=-1&set=codec&colour=red&fault=50%&fault=lose:ACK",
        );
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        let setup = route.setup.unwrap();
        assert_eq!(setup.source, Source::Catalogue("mx-dynamic".to_owned()));
        assert_eq!(setup.faults, ["50%", "lose:ACK"]);
        assert_eq!((setup.seed, route.step), (None, 0));
        assert_eq!(Route::parse("#/simulate/"), (Route::default(), Vec::new()));
        assert_eq!(Route::parse("#/analyze"), (Route::default(), Vec::new()));
    }

    fn any_source() -> impl Strategy<Value = Source> {
        let text = String::new();
        prop_oneof![
            "[a-z0-9%?&#/][^~]{0,8}[a-z0-9%?&# +]".prop_map(Source::Catalogue),
            ".{0,8}".prop_map(move |name| Source::Own { name, text: text.clone() }),
        ]
    }

    proptest! {
        #[test]
        fn a_route_reads_back_as_it_is_written(
            source in any_source(),
            seed in option::of(any::<u64>()),
            set in vec(("[^=]{0,8}", ".{0,8}"), 0..3),
            faults in vec(".{0,12}", 0..3),
            step in any::<usize>(),
        ) {
            let setup = Setup { source, seed, set, faults };
            let route = Route { setup: Some(setup), step };
            prop_assert_eq!(Route::parse(&route.to_string()), (route, Vec::new()));
        }

        #[test]
        fn any_fragment_can_be_read(fragment in "(#/simulate/)?.{0,40}") {
            let _ = Route::parse(&fragment);
        }
    }
}
