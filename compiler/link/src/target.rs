//! What an executable is made for, described by data.
//!
//! A description is a TOML file. Those in `targets/` are part of the compiler and known by name; any other is named by its
//! path. It may inherit from another and then says only what differs:
//!
//! ```toml
//! inherits = "x86_64-linux"
//! cpu-features = ["has_avx2", "has_bmi2"]
//! ```
//!
//! `docs/targets.md` lists the keys. A key that is not known, or one that is missing, is an error that names it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[path = "board.rs"]
mod board;

use board::BoardKeys;
#[allow(unused_imports, reason = "the build script needs no boards")]
pub(crate) use board::GUARD_SIZE;
#[allow(unused_imports, reason = "the build script needs no boards")]
pub use board::{Board, Console, End, Region};

/// What an executable is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As on the command line; of a file, its name without extension.
    pub name: String,
    /// Processor, system and object format, as LLVM and Cranelift spell them.
    pub triple: String,
    /// The operating system.
    pub os: Os,
    /// Extensions of the instruction set that the processor has, as Cranelift names its settings.
    pub cpu_features: Vec<String>,
    /// The command that runs an executable where it cannot be started directly; the path of the executable follows.
    pub runner: Vec<String>,
    /// The board, where there is no operating system.
    pub board: Option<Board>,
}

/// The operating systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux, without a C library.
    Linux,
    /// None: a board that runs the program alone.
    None,
}

/// A description as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Description {
    inherits: Option<String>,
    triple: Option<String>,
    os: Option<Os>,
    cpu_features: Option<Vec<String>>,
    runner: Option<Vec<String>>,
    board: Option<BoardKeys>,
}

/// The descriptions that are part of the compiler, by name. Those without a triple are there to inherit from.
const BUILT_IN: [(&str, &str); 12] = [
    ("aarch64-linux", include_str!("../../../targets/aarch64-linux.toml")),
    ("cortex-m", include_str!("../../../targets/cortex-m.toml")),
    ("cortex-m3", include_str!("../../../targets/cortex-m3.toml")),
    ("cortex-m4", include_str!("../../../targets/cortex-m4.toml")),
    ("cortex-m4f", include_str!("../../../targets/cortex-m4f.toml")),
    ("cortex-m7f", include_str!("../../../targets/cortex-m7f.toml")),
    ("linux", include_str!("../../../targets/linux.toml")),
    ("thumbv7em-mps2-an386", include_str!("../../../targets/thumbv7em-mps2-an386.toml")),
    ("thumbv7em-mps2-an500", include_str!("../../../targets/thumbv7em-mps2-an500.toml")),
    ("thumbv7em-netduinoplus2", include_str!("../../../targets/thumbv7em-netduinoplus2.toml")),
    ("thumbv7m-mps2-an385", include_str!("../../../targets/thumbv7m-mps2-an385.toml")),
    ("x86_64-linux", include_str!("../../../targets/x86_64-linux.toml")),
];

/// Longer chains of inheritance are taken for circles.
const MAX_DEPTH: usize = 16;

/// Why there is no such target.
#[derive(Debug, PartialEq, Eq)]
pub enum TargetError {
    /// No description has this name.
    Unknown(String),
    /// A file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        reason: String,
    },
    /// A description makes no target.
    Invalid {
        /// The name or path of the description.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetError::Unknown(name) => {
                let names: Vec<&str> = Target::names().collect();
                write!(f, "unknown target `{name}`; there are {}, and files that end in `.toml`", names.join(", "))
            }
            TargetError::Read { path, reason } => write!(f, "cannot read {}: {reason}", path.display()),
            TargetError::Invalid { name, reason } => write!(f, "target `{name}`: {reason}"),
        }
    }
}

impl std::error::Error for TargetError {}

impl Target {
    /// The target of this name; a name that ends in `.toml` is the path of a file.
    pub fn find(name: &str) -> Result<Target, TargetError> {
        let short = match is_path(name) {
            true => Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            false => name.to_string(),
        };
        let description = resolve(name, None, 0)?;
        let invalid = |reason: String| TargetError::Invalid { name: name.to_string(), reason };
        let missing = |key| invalid(format!("`{key}` is missing"));
        // A base is not offered: to users it does not exist.
        let is_base = description.triple.is_none()
            || (description.os == Some(Os::None) && !description.board.as_ref().is_some_and(BoardKeys::has_memory));
        if is_base && !is_path(name) {
            return Err(TargetError::Unknown(name.to_string()));
        }
        let triple = description.triple.ok_or_else(|| missing("triple"))?;
        let os = description.os.ok_or_else(|| missing("os"))?;
        let board = match (os, description.board) {
            (Os::None, keys) => Some(keys.unwrap_or_default().complete(triple.ends_with("hf")).map_err(invalid)?),
            (Os::Linux, None) => None,
            (Os::Linux, Some(_)) => return Err(invalid("`board` is for targets without operating system".to_string())),
        };
        Ok(Target {
            name: short,
            triple,
            os,
            board,
            cpu_features: description.cpu_features.unwrap_or_default(),
            runner: description.runner.unwrap_or_default(),
        })
    }

    /// The names of the targets that are part of the compiler, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|&(name, _)| name).filter(|name| Target::find(name).is_ok())
    }

    /// The name of the target that this compiler runs on.
    pub const HOST: &'static str = if cfg!(target_arch = "aarch64") { "aarch64-linux" } else { "x86_64-linux" };

    /// Whether this machine starts its executables by itself.
    pub fn is_host(&self) -> bool {
        Target::find(Target::HOST).is_ok_and(|host| host.triple == self.triple)
    }

    /// GNU ld's name of the output format.
    pub(crate) fn emulation(&self) -> Option<&'static str> {
        match self.triple.split('-').next()? {
            "x86_64" => Some("elf_x86_64"),
            "aarch64" => Some("aarch64linux"),
            _ => None,
        }
    }
}

fn is_path(name: &str) -> bool {
    name.ends_with(".toml")
}

/// The description `name`, which the file `from` names if there is one, with all it inherits.
fn resolve(name: &str, from: Option<&Path>, depth: usize) -> Result<Description, TargetError> {
    let invalid = |reason: String| TargetError::Invalid { name: name.to_string(), reason };
    if depth > MAX_DEPTH {
        return Err(invalid("it inherits from itself".to_string()));
    }
    let (text, path) = if is_path(name) {
        // A path in a file starts where the file is.
        let path = from.and_then(Path::parent).unwrap_or(Path::new("")).join(name);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| TargetError::Read { path: path.clone(), reason: system_reason(&error) })?;
        (text, Some(path))
    } else {
        let known = BUILT_IN.iter().find(|&&(known, _)| known == name);
        let &(_, text) = known.ok_or_else(|| TargetError::Unknown(name.to_string()))?;
        (text.to_string(), None)
    };
    let description: Description =
        toml::from_str(&text).map_err(|error| invalid(error.to_string().trim_end().to_string()))?;
    match &description.inherits {
        Some(base) => Ok(description.clone().over(resolve(base, path.as_deref(), depth + 1)?)),
        None => Ok(description),
    }
}

/// The system's words without its number.
fn system_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error ").next().unwrap_or(&text).to_string()
}

impl Description {
    /// This, and from `base` what this does not say.
    fn over(self, base: Description) -> Description {
        Description {
            inherits: None,
            triple: self.triple.or(base.triple),
            os: self.os.or(base.os),
            cpu_features: self.cpu_features.or(base.cpu_features),
            runner: self.runner.or(base.runner),
            board: match (self.board, base.board) {
                (Some(board), Some(base)) => Some(board.over(base)),
                (board, base) => board.or(base),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_targets_are_complete_and_in_order() {
        let names: Vec<&str> = Target::names().collect();
        let boards = ["thumbv7em-mps2-an386", "thumbv7em-mps2-an500", "thumbv7em-netduinoplus2", "thumbv7m-mps2-an385"];
        let mut expected = vec!["aarch64-linux"];
        expected.extend(boards);
        expected.push("x86_64-linux");
        assert_eq!(names, expected);
        assert!(BUILT_IN.is_sorted());
        assert!(Target::find(Target::HOST).unwrap().is_host());
        assert_eq!(Target::find("linux"), Err(TargetError::Unknown("linux".to_string())));
    }

    #[test]
    fn files_inherit_and_say_what_is_wrong() {
        let dir = std::env::temp_dir().join(format!("resilient-targets-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_string()
        };
        file("base.toml", "inherits = \"aarch64-linux\"\ncpu-features = [\"has_lse\"]");
        let target = Target::find(&file("board.toml", "inherits = \"base.toml\"\nrunner = []")).unwrap();
        assert_eq!((target.name.as_str(), target.triple.as_str()), ("board", "aarch64-unknown-linux-gnu"));
        assert_eq!((target.cpu_features, target.runner), (vec!["has_lse".to_string()], vec![]));

        let message = |text: &str| Target::find(&file("bad.toml", text)).unwrap_err().to_string();
        assert!(message("os = \"linux\"").ends_with("`triple` is missing"));
        assert!(message("inherits = \"bad.toml\"").ends_with("it inherits from itself"));
        assert!(message("colour = 1").contains("unknown field `colour`"));
        assert!(message("inherits = \"pdp11\"").starts_with("unknown target `pdp11`; there are aarch64-linux, "));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
