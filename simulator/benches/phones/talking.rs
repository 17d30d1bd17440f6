//! Many phones in calls that are recorded.
//!
//! Each phone is in a call of dynamic mapping that is recorded, with two streams of copies: REGISTER,
//! CSTA, INVITE, then 20 ms after 20 ms two frames of sound in and two packets of RTP out.

use recscope_simulator::scenario::{Changes, Scenario};
use recscope_simulator::{Run, RunOptions};
use std::fmt::Write;
use std::time::Duration;

/// When the copies of all phones flow.
pub(crate) const START: Duration = Duration::from_secs(6);

/// A PBX, a recorder, and phones that all call at once and talk until the end.
fn scenario(phones: usize) -> Scenario {
    let mut text = String::from(
        "title = \"Many phones\"\nsource = \"mx\"\nmethod = \"active\"\nsummary = \"All in a call\"\n\
         duration = \"4h\"\n",
    );
    let mut extensions = String::new();
    for n in 0..phones {
        let (high, low) = (n / 200, n % 200 + 1);
        let extension = 1_000 + n;
        let _ = write!(
            text,
            "[[actor]]\nname = \"phone-{n}\"\ntype = \"phone\"\naddress = \"10.0.{high}.{low}\"\n\
             extension = \"{extension}\"\npbx = \"192.0.2.1\"\nallowed = \"192.0.2.9\"\n\
             [[step]]\nat = \"2s\"\ndo = \"phone-{n} dial 07\"\n"
        );
        let _ = write!(extensions, "\"{extension}:5060\",");
    }
    let _ = write!(
        text,
        "[[actor]]\nname = \"pbx\"\ntype = \"pbx\"\naddress = \"192.0.2.1\"\n\
         [[actor]]\nname = \"recorder\"\ntype = \"logger\"\naddress = \"192.0.2.9\"\n\
         csta = \"192.0.2.1\"\nwrites_files = false\nextensions = [{extensions}]\n"
    );
    Scenario::parse("bench.toml", &text, &Changes::default())
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// A run in which every phone's copies flow.
pub(crate) fn talking(phones: usize) -> Run {
    let scenario = scenario(phones);
    let mut run =
        Run::new(&scenario, &RunOptions::default()).unwrap_or_else(|problem| panic!("{problem}"));
    run.run_until(START);
    assert_eq!(run.trace().streams().len(), 2 * phones, "all copies flow");
    run
}
