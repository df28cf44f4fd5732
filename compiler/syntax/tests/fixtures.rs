//! Fixtures: small programs with the tree or the diagnostics they give.
//!
//! `RESILIENT_BLESS=1 cargo test -p resilient-syntax --test fixtures` writes what is there now into the files; review the
//! difference. Every case also checks that printing and parsing again gives the same tree.

mod common;

use common::{Case, cases, check_round_trip, parse_text, write_cases};
use libtest_mimic::{Arguments, Failed, Trial};

fn check(case: &Case) -> Result<(), Failed> {
    let actual = parse_text(&case.input).text();
    if actual != case.expected {
        let message = format!(
            "unexpected result; RESILIENT_BLESS=1 rewrites the fixture\n--- input\n{}\n--- expected\n{}\n--- actual\n{actual}",
            case.input, case.expected
        );
        return Err(message.into());
    }
    check_round_trip(&case.input).map_err(Failed::from)
}

fn bless() {
    let cases = cases();
    for file in cases.chunk_by(|a, b| a.path == b.path) {
        let results: Vec<(&Case, String)> = file.iter().map(|case| (case, parse_text(&case.input).text())).collect();
        write_cases(&file[0].path, &results);
    }
}

fn main() {
    if std::env::var_os("RESILIENT_BLESS").is_some() {
        bless();
    }
    let trials = cases().into_iter().map(|case| Trial::test(case.name.clone(), move || check(&case)));
    let trials: Vec<Trial> = trials.collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
