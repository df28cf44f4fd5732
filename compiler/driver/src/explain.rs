//! `resilientc explain` and `errors list`: the pages of documentation of error codes.

use crate::error::Error;
use crate::output::to_stdout;

/// Has one section per code, headed `## E0007: ...`.
const PAGES: &str = include_str!("../../../docs/errors.md");

/// Writes the section of `code`.
pub fn explain(code: &str) -> Result<i32, Error> {
    let section = section(&code.to_ascii_uppercase()).ok_or_else(|| Error::UnknownCode(code.to_string()))?;
    to_stdout(format!("{}\n", section.trim_end()).as_bytes())?;
    Ok(0)
}

/// Writes each code with its meaning, one a line.
pub fn list() -> Result<i32, Error> {
    let headings = PAGES.lines().filter_map(|line| line.strip_prefix("## "));
    let lines = headings.map(|heading| format!("{}\n", heading.replacen(": ", "  ", 1)));
    to_stdout(lines.collect::<String>().as_bytes())?;
    Ok(0)
}

/// The section about `code`, its heading included.
fn section(code: &str) -> Option<&'static str> {
    let starts: Vec<usize> = PAGES.match_indices("\n## ").map(|(at, _)| at + 1).chain([PAGES.len()]).collect();
    starts.windows(2).map(|pair| &PAGES[pair[0]..pair[1]]).find(|section| {
        let heading = section.lines().next().unwrap_or("");
        heading.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The constants of `resilient_base::diag::codes`, from their source: a code without explanation is a mistake.
    #[test]
    fn every_code_is_explained() {
        let source = include_str!("../../base/src/diag.rs");
        let numbers: Vec<u16> = source
            .lines()
            .filter(|line| line.trim_start().starts_with("pub const "))
            .filter_map(|line| line.split_once(": Code = Code(")?.1.strip_suffix(");")?.parse().ok())
            .collect();
        assert!(numbers.len() > 10, "{numbers:?}");
        let missing: Vec<String> =
            numbers.iter().map(|n| format!("E{n:04}")).filter(|code| section(code).is_none()).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn sections_end_before_the_next_heading() {
        let text = section("E0007").unwrap();
        assert!(text.starts_with("## ") && !text[3..].contains("\n## "), "{text}");
        assert_eq!(section("E9999"), None);
    }
}
