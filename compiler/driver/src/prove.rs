//! What was proven: the report of `--audit` and the errors of `--deny-unproven-bounds`.
//!
//! The facts come from [`resilient_mir::audit`], which always runs the same analyses: neither depends on `-O`.

use std::collections::BTreeMap;
use std::fmt::Write;

use resilient_base::diag::codes;
use resilient_base::{Diagnostic, SourceMap, Span};
use resilient_mir::audit::{CheckKind, Outcome, Place, Reason, Site, audit, unproven_indices};
use resilient_sema::typed::Claim;

use crate::cli::ProofArgs;
use crate::pipeline::{Checked, Rejected};
use crate::timings::Timings;

/// The program, unless it lacks proofs that were asked for.
pub fn demand<'t>(checked: Checked<'t>, args: &ProofArgs, timings: &mut Timings) -> Result<Checked<'t>, Rejected> {
    if !args.deny_unproven_bounds {
        return Ok(checked);
    }
    let places = match timings.phase("prove", || checked.build().map(unproven_indices)) {
        Ok(places) => places,
        Err(error) => return Err(rejected(checked, vec![error])),
    };
    let errors: Vec<Diagnostic> =
        places.iter().filter_map(|place| Some(unproven(&checked.sources, span_of(&checked.sources, place)?))).collect();
    if errors.is_empty() { Ok(checked) } else { Err(rejected(checked, errors)) }
}

fn rejected(checked: Checked<'_>, errors: Vec<Diagnostic>) -> Rejected {
    let Checked { sources, mut diags, .. } = checked;
    errors.into_iter().for_each(|error| diags.push(error));
    Rejected { sources, diags }
}

/// The error at an index expression.
fn unproven(sources: &SourceMap, at: Span) -> Diagnostic {
    let indexed = sources.text(at).trim_end_matches('[').trim_end();
    let message = format!(
        "cannot statically prove `{indexed}[...]` is in bounds; add a `requires` clause or drop `--deny-unproven-bounds`"
    );
    Diagnostic::error(codes::UNPROVEN_INDEX, at, message)
}

/// What stands at a place of a fault up to the first bracket of its line, or the first word.
fn span_of(sources: &SourceMap, place: &Place) -> Option<Span> {
    let (file, lo) = sources.offset_of(&place.file, place.line, place.col)?;
    let line = sources.file(file).text[lo as usize..].lines().next().unwrap_or("");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let len = line.find('[').unwrap_or_else(|| line.find(|c| !is_word(c)).unwrap_or(line.len()));
    Some(Span::new(file, lo, lo + len as u32))
}

/// Made at run time, without a reason to tell.
static CHECKED: Outcome = Outcome::Checked(Vec::new());

/// The report about a program, as text; or the error that keeps it from being made.
pub fn report(checked: &Checked<'_>) -> Result<String, Diagnostic> {
    let module = checked.build()?;
    let sites = audit(module);
    let mut text = String::new();
    let mut totals: BTreeMap<CheckKind, Tally> = BTreeMap::new();
    let by_place: BTreeMap<&Place, &Site> =
        sites.iter().filter(|site| site.kind == CheckKind::Claim).map(|site| (&site.place, site)).collect();
    let stated: BTreeMap<Place, &Claim> =
        checked.program.claims.iter().map(|claim| (place_of(&checked.sources, claim.span), claim)).collect();
    let claims = totals.entry(CheckKind::Claim).or_default();
    for claim in &checked.program.claims {
        let place = place_of(&checked.sources, claim.span);
        let site = by_place.get(&place).copied();
        let outcome = match claim.literal {
            Some(true) => Some(&Outcome::Constant),
            Some(false) if site.is_some() => Some(&Outcome::Refuted),
            // That one part is certain to be false does not refute the whole.
            _ => site.map(|site| match &site.outcome {
                Outcome::Refuted if claim.has_alternatives => &CHECKED,
                outcome => outcome,
            }),
        };
        claims.add(outcome);
        text.push_str(&claim_line(claim, &place, site, outcome, &stated));
    }
    for (func, checks) in by_function(&sites) {
        let mut parts = Vec::new();
        for (kind, sites) in checks {
            let mut tally = Tally::default();
            for site in &sites {
                tally.add(Some(&site.outcome));
                totals.entry(kind).or_default().add(Some(&site.outcome));
            }
            parts.push(format!("{}: {tally}{}", heading(kind), remaining(&sites)));
        }
        let _ = writeln!(text, "fn {func}: {}", parts.join("; "));
    }
    for (kind, tally) in &totals {
        let _ = writeln!(text, "total {}: {tally}", heading(*kind));
    }
    Ok(text)
}

fn heading(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Claim => "contracts and assertions",
        CheckKind::Index => "bounds",
        CheckKind::Divisor => "divisors",
        CheckKind::Shift => "shift amounts",
        CheckKind::Range => "conversions",
    }
}

/// The places of the checks that remain.
fn remaining(sites: &[&Site]) -> String {
    let left = sites.iter().filter(|site| matches!(site.outcome, Outcome::Checked(_) | Outcome::Refuted));
    let places: Vec<String> = left.map(|site| format!("{}:{}", site.place.line, site.place.col)).collect();
    if places.is_empty() { String::new() } else { format!(" (at {})", places.join(", ")) }
}

/// The checks that are not claims, by the functions they are in, in the order of the source.
fn by_function(sites: &[Site]) -> Vec<(&str, BTreeMap<CheckKind, Vec<&Site>>)> {
    let mut found: Vec<(&str, BTreeMap<CheckKind, Vec<&Site>>)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for site in sites.iter().filter(|site| site.kind != CheckKind::Claim) {
        let n = *index.entry(&site.func).or_insert_with(|| {
            found.push((&site.func, BTreeMap::new()));
            found.len() - 1
        });
        found[n].1.entry(site.kind).or_default().push(site);
    }
    found
}

fn place_of(sources: &SourceMap, span: Span) -> Place {
    let at = sources.line_col(span);
    Place { file: sources.file(span.file).name.as_str().into(), line: at.line, col: at.col }
}

fn claim_line(
    claim: &Claim,
    place: &Place,
    site: Option<&Site>,
    outcome: Option<&Outcome>,
    stated: &BTreeMap<Place, &Claim>,
) -> String {
    let Place { file, line, col } = place;
    let func = site.map_or(String::new(), |site| format!("fn {}: ", site.func));
    format!("{file}:{line}:{col}: {func}{} {}: {}\n", claim.kind.text(), claim.text, describe(outcome, stated))
}

/// `stated` has what the program states, by place.
fn describe(outcome: Option<&Outcome>, stated: &BTreeMap<Place, &Claim>) -> String {
    match outcome {
        None => "not reached".to_string(),
        Some(Outcome::Constant) => "proven (constants decide it)".to_string(),
        Some(Outcome::InFunction(None)) => "proven (its function implies it)".to_string(),
        Some(Outcome::InFunction(Some(Reason::Condition(text)))) => format!("proven (implied by `{text}`)"),
        Some(Outcome::InFunction(Some(Reason::Check(place)))) => {
            let Place { line, col, .. } = place;
            match stated.get(place) {
                Some(claim) => format!("proven (implied by `{}` at {line}:{col})", claim.text),
                None => format!("proven (implied by the check at {line}:{col})"),
            }
        }
        Some(Outcome::AtEveryCall) => "proven (it holds at every call)".to_string(),
        Some(Outcome::Refuted) => "refuted (it is false whenever it is reached)".to_string(),
        Some(Outcome::Checked(names)) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            match names.as_slice() {
                [] => "checked at run time".to_string(),
                [name] => format!("checked at run time (the value of {name} is not known)"),
                [names @ .., last] => {
                    format!("checked at run time (the values of {} and {last} are not known)", names.join(", "))
                }
            }
        }
    }
}

/// How many checks came out which way.
#[derive(Default)]
struct Tally {
    proven: usize,
    checked: usize,
    refuted: usize,
    unreached: usize,
}

impl Tally {
    fn add(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            Some(Outcome::Constant | Outcome::InFunction(_) | Outcome::AtEveryCall) => self.proven += 1,
            Some(Outcome::Checked(_)) => self.checked += 1,
            Some(Outcome::Refuted) => self.refuted += 1,
            None => self.unreached += 1,
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} proven, {} checked at run time", self.proven, self.checked)?;
        if self.refuted > 0 {
            write!(f, ", {} refuted", self.refuted)?;
        }
        if self.unreached > 0 {
            write!(f, ", {} not reached", self.unreached)?;
        }
        Ok(())
    }
}
