//! Processes that end in time.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a process may take. No program needs a second of it; the rest is for machines that are busy otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Most bytes taken from one stream: an endless loop that prints must not fill the memory.
const STREAM_LIMIT: u64 = 64 << 20;

/// What a process left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub status: Status,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By itself.
    Exited(i32),
    /// By a signal.
    Killed(i32),
}

/// Runs `command` without input and collects its output. One that takes too long or writes too much is ended.
pub fn run(command: &mut Command) -> Result<Finished, String> {
    run_within(command, TIMEOUT)
}

/// [`run`] with a limit of its own.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<Finished, String> {
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let result = collect(&mut child, deadline, limit);
    if result.is_err() {
        // It may have ended on its own just now; either way it is gone afterwards.
        let _ = child.kill();
        let _ = child.wait();
    }
    result
}

fn collect(child: &mut Child, deadline: Instant, limit: Duration) -> Result<Finished, String> {
    let stdout = read_all(child.stdout.take());
    let stderr = read_all(child.stderr.take());
    let stdout = receive(&stdout, deadline, limit)?;
    let stderr = receive(&stderr, deadline, limit)?;
    loop {
        match child.try_wait().map_err(|error| format!("cannot wait for the process: {error}"))? {
            Some(status) => {
                let status = match (status.code(), status.signal()) {
                    (Some(code), _) => Status::Exited(code),
                    (None, signal) => Status::Killed(signal.unwrap_or(0)),
                };
                return Ok(Finished { stdout, stderr, status });
            }
            None if Instant::now() >= deadline => return Err(too_long(limit)),
            // Its streams are closed, so it is about to end.
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
}

fn read_all(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = match stream {
            Some(stream) => stream.take(STREAM_LIMIT).read_to_end(&mut bytes).map(|_| bytes),
            None => Ok(bytes),
        };
        // Nobody listens any more after a timeout.
        let _ = sender.send(result);
    });
    receiver
}

fn receive(
    stream: &mpsc::Receiver<std::io::Result<Vec<u8>>>,
    deadline: Instant,
    limit: Duration,
) -> Result<Vec<u8>, String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let bytes = stream.recv_timeout(left).map_err(|_| too_long(limit))?;
    let bytes = bytes.map_err(|error| format!("cannot read its output: {error}"))?;
    if bytes.len() as u64 == STREAM_LIMIT {
        return Err(format!("it wrote more than {STREAM_LIMIT} bytes"));
    }
    Ok(bytes)
}

fn too_long(limit: Duration) -> String {
    format!("it took longer than {} s", limit.as_secs())
}
