//! The list of what backends cannot do yet.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::backend::Backend;
use crate::corpus::Case;

/// Tests that must fail for now.
#[derive(Debug, Default)]
pub struct Gaps {
    entries: Vec<Gap>,
}

#[derive(Debug)]
struct Gap {
    name: String,
    backend: Backend,
    reason: String,
}

impl Gaps {
    /// Reads the list; every line must name one of `cases`. No file means no gaps.
    pub fn read(path: &Path, cases: &[Arc<Case>]) -> Result<Gaps, String> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Gaps::default()),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let gaps = Gaps::parse(&text)?;
        match gaps.entries.iter().find(|gap| !cases.iter().any(|case| case.name == gap.name)) {
            Some(gap) => Err(format!("known-gaps.txt: there is no program `{}`", gap.name)),
            None => Ok(gaps),
        }
    }

    fn parse(text: &str) -> Result<Gaps, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(|line| {
            let mut words = line.splitn(3, char::is_whitespace);
            let (Some(name), Some(backend), Some(reason)) = (words.next(), words.next(), words.next()) else {
                return Err(format!("known-gaps.txt: `{line}` is not `NAME BACKEND REASON`"));
            };
            let backend = Backend::from_name(backend)
                .ok_or_else(|| format!("known-gaps.txt: there is no backend `{backend}`"))?;
            Ok(Gap { name: name.to_string(), backend, reason: reason.trim().to_string() })
        });
        Ok(Gaps { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Why this test must fail, if it must.
    pub fn reason(&self, name: &str, backend: Backend) -> Option<&str> {
        self.entries.iter().find(|gap| gap.name == name && gap.backend == backend).map(|gap| gap.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_program_backend_and_reason() {
        let gaps = Gaps::parse("# list\n\nlive/retry vm no live blocks yet\n").unwrap();
        assert_eq!(gaps.reason("live/retry", Backend::Vm), Some("no live blocks yet"));
        assert_eq!(gaps.reason("live/retry", Backend::Jit), None);
        assert!(Gaps::parse("live/retry vm\n").is_err());
        assert!(Gaps::parse("live/retry wasm why\n").is_err());
    }
}
