use super::*;

const HEAD: &str = "title = \"t\"\nsource = \"mx\"\nmethod = \"active\"\nsummary = \"s\"\n\
                    duration = \"5s\"\n";
const HOST: &str = "[[actor]]\nname = \"a\"\ntype = \"host\"\naddress = \"192.0.2.1\"\n";

fn problem(rest: &str) -> String {
    let text = format!("{HEAD}{rest}");
    match Scenario::parse("own.toml", &text, &Changes::default()) {
        Ok(_) => panic!("{rest} is read"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn a_problem_names_its_line_and_column_and_what_to_write() {
    for (rest, place, says) in [
        ("[[actor", "own.toml:6:", "no TOML"),
        (
            "colour = 1\n[[actor]]\nname = \"a\"\ntype = \"host\"\naddress = \"192.0.2.1\"\n",
            "own.toml:6:1: ",
            "has no \"colour\"",
        ),
        ("[[actor]]\nname = \"a\"\ntype = \"toaster\"\n", "own.toml:8:", "is not among phone"),
        (
            "[[actor]]\nname = \"a\"\ntype = \"host\"\naddress = \"here\"\n",
            "own.toml:9:",
            "write 192.0.2.20",
        ),
        (
            "[[actor]]\nname = \"a\"\ntype = \"host\"\naddress = \"$nowhere\"\n",
            "own.toml:9:",
            "declare it",
        ),
    ] {
        let problem = problem(rest);
        assert!(problem.starts_with(place) && problem.contains(says), "{problem}");
    }
    for (rest, says) in [
        ("[[step]]\nat = \"1s\"\ndo = \"b power-off\"\n", "there is no actor \"b\": there are a"),
        ("[[step]]\nat = \"soon\"\ndo = \"a power-off\"\n", "is no duration"),
        ("[[step]]\ndo = \"a power-off\"\n", "at = \"1s\""),
        ("[[step]]\nat = \"1s\"\ndo = \"a dance\"\n", "is no order"),
        ("[[narration]]\non = \"INVITE@b\"\nsay = \"x\"\n", "there is no actor \"b\""),
        ("[[narration]]\non = \"INVITE\"\nsay = \"x\"\nrule = \"MX-S99\"\n", "there is no rule"),
        ("[[expect]]\ntext = \"x\"\n", "needs one of seen"),
        ("[[expect]]\ntext = \"x\"\nnever = \"RTP@a\"\n", "write media:FROM,TO"),
    ] {
        let problem = problem(&format!("{HOST}{rest}"));
        assert!(problem.contains(says), "{problem}");
    }
}

#[test]
fn settings_are_checked_and_filled_in() {
    let text = format!(
        "{HEAD}[[setting]]\nkey = \"where\"\nlabel = \"Where\"\ntype = \"choice\"\n\
         choices = [\"192.0.2.1\", \"192.0.2.2\"]\ndefault = \"192.0.2.1\"\n\
         [[actor]]\nname = \"a\"\ntype = \"host\"\naddress = \"$where\"\n"
    );
    let parse = |key: &str, value: &str| {
        let set = [(key.to_owned(), value.to_owned())];
        Scenario::parse("own.toml", &text, &Changes { set: &set, seed: None })
    };
    let address = parse("where", "192.0.2.2").map(|s| s.cast[0].host.address.to_string());
    assert_eq!(address.as_deref(), Ok("192.0.2.2"));
    let unknown = parse("colour", "red").map(|_| ()).unwrap_err().to_string();
    assert_eq!(unknown, "own.toml: there is no setting \"colour\": there are where");
    let wrong = parse("where", "10.0.0.1").map(|_| ()).unwrap_err().to_string();
    assert!(wrong.contains("is not among 192.0.2.1, 192.0.2.2"), "{wrong}");
}
