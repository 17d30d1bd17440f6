//! Problems with media: a real call, ill-treated in one way at a time, has the problem of that name
//! and no other; and what the samples have is what is wrong with them.

#[path = "../rewrite/mod.rs"]
mod rewrite;

mod call;
mod media;
mod numbers;
mod samples;
mod sdp;
mod treatment;

use recscope_analyzer::report::{Problem, ProblemKind, Report};
use recscope_analyzer::{Analysis, Analyzer, Options};
use recscope_core::rtp::statistics::Rule;
use rewrite::Capture;
use rewrite::file::{Classic, Order, pcap};

/// What is found in a file.
fn analyse(bytes: &[u8], rule: Rule) -> Analysis {
    let mut options = Options::default();
    options.statistics = rule;
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), options);
    for chunk in bytes.chunks(1 << 16) {
        analyzer.push(chunk);
    }
    analyzer.finish()
}

/// What is reported about a capture.
fn report(capture: &Capture) -> Report {
    let file = pcap(capture, Classic::Nanoseconds, Order::Little);
    analyse(&file, Rule::default()).report().clone()
}

fn kinds(report: &Report) -> Vec<ProblemKind> {
    let mut kinds: Vec<_> = report.problems.iter().map(|problem| problem.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// The only problem of a capture.
fn only_problem(report: &Report, kind: ProblemKind) -> &Problem {
    let [problem] = &report.problems[..] else { panic!("not one problem: {:#?}", report.problems) };
    assert_eq!(problem.kind, kind, "{problem:?}");
    problem
}
