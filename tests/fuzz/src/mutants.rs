//! The second mode: mutants of a corpus must be checked without a crash, and those that are valid run alike everywhere.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use resilient_tests::process::{self, Finished, Status};

use crate::mutate::Corpus;

/// Longest run of the compiler or of a mutant.
const LIMIT: Duration = Duration::from_secs(5);

/// Mutants checked by one process.
const BATCH: u64 = 25;

/// What the mutants are made of and for how long.
pub struct Plan {
    /// The compiler under test.
    pub compiler: PathBuf,
    /// A directory with programs, in it and below.
    pub corpus: PathBuf,
    /// The first seed.
    pub seed: u64,
    /// How many.
    pub count: u64,
    /// How long, in seconds.
    pub seconds: u64,
}

/// Whether nothing was found. Each finding is printed with its seed, once for each message.
pub fn run(plan: &Plan, dir: &Path) -> Result<bool, String> {
    let corpus = read_corpus(&plan.corpus)?;
    let mut session = Session { plan, dir, corpus, seen: HashSet::new() };
    let deadline = Instant::now() + Duration::from_secs(plan.seconds);
    let (mut done, mut valid) = (0, 0);
    while done < plan.count && Instant::now() < deadline {
        let size = BATCH.min(plan.count - done);
        let first = plan.seed + done;
        for seed in session.check(first, size)? {
            valid += 1;
            session.compare(seed);
        }
        done += size;
    }
    println!("mutants {}..{}: {valid} valid, {} findings", plan.seed, plan.seed + done, session.seen.len());
    Ok(session.seen.is_empty())
}

/// The mutant of a seed.
pub fn mutant(corpus: &Path, seed: u64) -> Result<String, String> {
    Ok(read_corpus(corpus)?.mutant(seed))
}

fn read_corpus(dir: &Path) -> Result<Corpus, String> {
    let mut texts = Vec::new();
    collect(dir, &mut texts).map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    let corpus = Corpus::new(texts);
    if corpus.is_empty() { Err(format!("no programs in {}", dir.display())) } else { Ok(corpus) }
}

fn collect(dir: &Path, texts: &mut Vec<String>) -> std::io::Result<()> {
    let mut paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    // A seed must give the same mutant on every machine.
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rz") {
            // Texts that are not UTF-8 are programs too, but have no tokens.
            texts.extend(String::from_utf8(fs::read(&path)?));
        }
    }
    Ok(())
}

struct Session<'p> {
    plan: &'p Plan,
    dir: &'p Path,
    corpus: Corpus,
    seen: HashSet<String>,
}

impl Session<'_> {
    /// Checks some mutants at once; gives the seeds of the valid ones. If the process does not end well, each is checked
    /// alone.
    fn check(&mut self, first: u64, size: u64) -> Result<Vec<u64>, String> {
        let seeds: Vec<u64> = (first..first + size).collect();
        for &seed in &seeds {
            let path = self.dir.join(name(seed));
            fs::write(&path, self.corpus.mutant(seed))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        let valid = match self.check_files(&seeds) {
            Ok(run) if complaint(&run, Stage::Check).is_none() => valid(&seeds, &run),
            _ => seeds.iter().copied().filter(|&seed| self.check_alone(seed)).collect(),
        };
        let rest: Vec<u64> = seeds.into_iter().filter(|seed| !valid.contains(seed)).collect();
        for seed in rest {
            // What is left is in a temporary directory anyway.
            let _ = fs::remove_file(self.dir.join(name(seed)));
        }
        Ok(valid)
    }

    fn check_files(&self, seeds: &[u64]) -> Result<Finished, String> {
        let mut command = self.command();
        command.args(["check", "--message-format", "json"]).args(seeds.iter().map(|&seed| name(seed)));
        process::run_within(&mut command, LIMIT * seeds.len() as u32)
    }

    fn check_alone(&mut self, seed: u64) -> bool {
        match self.check_files(&[seed]) {
            Ok(run) => match complaint(&run, Stage::Check) {
                Some(complaint) => self.report(seed, "check", complaint),
                None => return run.status == Status::Exited(0),
            },
            Err(error) => self.report(seed, "check", error),
        }
        false
    }

    /// Runs a valid mutant on each backend.
    fn compare(&mut self, seed: u64) {
        let file = name(seed);
        let run =
            |session: &Self, backend: &str| process::run_within(session.command().args(["run", backend, &file]), LIMIT);
        // One that runs for long on the interpreter is no finding.
        if let Ok(reference) = run(self, "--interp") {
            if let Some(complaint) = complaint(&reference, Stage::Run) {
                self.report(seed, "--interp", complaint);
            }
            for backend in ["--vm", "--jit"] {
                match run(self, backend) {
                    Ok(found) if found == reference => {}
                    Ok(found) => {
                        let what = complaint(&found, Stage::Run).unwrap_or_else(|| difference(&reference, &found));
                        self.report(seed, backend, what);
                    }
                    Err(error) => self.report(seed, backend, error),
                }
            }
        }
        // See above.
        let _ = fs::remove_file(self.dir.join(file));
    }

    fn report(&mut self, seed: u64, stage: &str, what: String) {
        // Messages differ in names and numbers; the place in the compiler, if there is one, tells bugs apart.
        let place = what.rfind('(').map_or(what.as_str(), |start| &what[start..]);
        if self.seen.insert(format!("{stage} {place}")) {
            println!("seed {seed}: {stage}: {what}");
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.plan.compiler);
        command.current_dir(self.dir).env("RESILIENT_CHECK_LEAKS", "1");
        command
    }
}

fn name(seed: u64) -> String {
    format!("m{seed}.rz")
}

/// What the compiler is asked to do with a mutant.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Check,
    Run,
}

/// What is wrong with a run whatever the program was.
fn complaint(run: &Finished, stage: Stage) -> Option<String> {
    let stderr = String::from_utf8_lossy(&run.stderr);
    let broken = stderr.lines().find(|line| ["internal", "panicked", "leak"].iter().any(|word| line.contains(word)));
    match (run.status, broken) {
        (_, Some(line)) => Some(line.to_string()),
        // A program may exit with any status.
        (Status::Exited(0 | 1), None) => None,
        (Status::Exited(_), None) if stage == Stage::Run => None,
        (status, None) => Some(format!("{status:?}")),
    }
}

/// The seeds of the files without errors, read from the messages in JSON, which are written one field a line.
fn valid(seeds: &[u64], run: &Finished) -> Vec<u64> {
    let text = String::from_utf8_lossy(&run.stdout);
    let mut rejected = HashSet::new();
    let mut file = "";
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("\"file\": \"") {
            file = rest.trim_end_matches("\",");
        } else if line == "\"severity\": \"error\"" {
            rejected.insert(file);
        }
    }
    seeds.iter().copied().filter(|&seed| !rejected.contains(name(seed).as_str())).collect()
}

fn difference(expected: &Finished, found: &Finished) -> String {
    let lines = |run: &Finished| {
        let text = [run.stdout.as_slice(), &run.stderr].concat();
        String::from_utf8_lossy(&text).lines().map(str::to_string).collect::<Vec<_>>()
    };
    let (left, right) = (lines(expected), lines(found));
    let at = left.iter().zip(&right).position(|(left, right)| left != right).unwrap_or(left.len().min(right.len()));
    let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing".into());
    format!("{:?} {:?}, line {at}: expected `{}`, found `{}`", expected.status, found.status, line(&left), line(&right))
}
