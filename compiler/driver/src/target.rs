//! `resilientc target`: the targets, and the runtimes they need.

use resilient_link::Target;
use resilient_link::runtimes::{self, Origin};

use crate::cli::TargetCommand;
use crate::error::Error;
use crate::output::to_stdout;

/// Does what is asked; gives the exit status.
pub fn target(command: &TargetCommand) -> Result<i32, Error> {
    match command {
        TargetCommand::List => to_stdout(list()?.as_bytes())?,
        TargetCommand::Add { name } => to_stdout(add(name)?.as_bytes())?,
    }
    Ok(0)
}

/// A line for each target.
fn list() -> Result<String, Error> {
    let width = Target::names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for name in Target::names() {
        let runtime = match runtimes::origin(&Target::find(name)?) {
            Origin::Embedded => "runtime inside this resilientc".to_string(),
            Origin::Installed(path) => format!("runtime in {}", path.display()),
            Origin::Missing => format!("no runtime; `resilientc target add {name}` builds it"),
        };
        text.push_str(&format!("{name:width$}  {runtime}\n"));
    }
    Ok(text)
}

fn add(name: &str) -> Result<String, Error> {
    let target = Target::find(name)?;
    match runtimes::origin(&target) {
        Origin::Embedded => Ok(format!("the runtime for {name} is inside this resilientc\n")),
        Origin::Installed(path) => Ok(format!("the runtime for {name} is in {}\n", path.display())),
        Origin::Missing => match runtimes::add(&target) {
            Ok(path) => Ok(format!("built the runtime for {name}: {}\n", path.display())),
            Err(reason) => Err(Error::Runtime { target: name.to_string(), reason }),
        },
    }
}
