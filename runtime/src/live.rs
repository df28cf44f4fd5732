//! Live blocks: counting attempts, deciding whether there is another, and the log of it.
//!
//! Whoever runs a program calls [`enter`] before the first attempt, [`succeeded`] when one has completed, [`failed`] when
//! one has faulted, and [`abandon`] when control leaves the block without completing it. Saving and restoring variables
//! is the caller's business. Blocks nest, lexically and through calls; those that are active form a stack.
//!
//! Nothing is logged unless [`configure`] says so. A log line goes to standard error, in one write.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::fault::{self, FaultText, Position};
use crate::number::IntText;
use crate::string::Str;
use crate::{heap, output, state, sys, trace};

/// The clauses of a live block.
#[derive(Clone, Copy, Debug)]
pub struct Clauses {
    /// How often the block is tried, as written; 0 counts as 1.
    pub attempts: u32,
    /// Nanoseconds after which it is not tried again.
    pub within: Option<u64>,
    /// Waiting between attempts.
    pub backoff: Option<Backoff>,
}

/// Waiting between attempts, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first wait.
    pub base_ms: u64,
    /// By how much it grows.
    pub factor: u64,
    /// The longest wait.
    pub max_ms: u64,
    /// Whether it grows by addition.
    pub linear: bool,
}

/// What becomes of a live block whose attempt failed.
#[derive(Debug)]
pub enum Verdict {
    /// The caller restores the variables and tries again; the wait is over.
    Retry,
    /// The block has ended with this fault.
    GiveUp(FaultText),
}

/// An active live block.
struct Frame {
    clauses: Clauses,
    /// When it was entered; only with `within`.
    start: u64,
    /// How often it has failed.
    failures: u32,
    /// How many calls were active when it was entered.
    trace_depth: usize,
    outer: *mut Frame,
}

/// What the runtime remembers of live blocks.
pub(crate) struct Live {
    innermost: Cell<*mut Frame>,
    depth: Cell<u32>,
    total_retries: Cell<u64>,
    total_exhaustions: Cell<u64>,
    settings: Cell<Settings>,
    /// Statements that began inside live blocks, where faults are injected.
    statements: Cell<i64>,
}

impl Live {
    pub(crate) const fn new() -> Live {
        Live {
            innermost: Cell::new(ptr::null_mut()),
            depth: Cell::new(0),
            total_retries: Cell::new(0),
            total_exhaustions: Cell::new(0),
            settings: Cell::new(Settings { log: false, panic_on_fault: false, records: None }),
            statements: Cell::new(0),
        }
    }
}

/// What the command line says about live blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Every event is logged.
    pub log: bool,
    /// The first fault inside a live block ends the program.
    pub panic_on_fault: bool,
    /// The descriptor of a file that gets a record of each retry, if any.
    pub records: Option<i32>,
}

/// Says how live blocks behave from now on.
pub fn configure(settings: Settings) {
    state::with(|state| state.live.settings.set(settings));
}

/// What was configured. Microcontrollers have nobody who could, so that what depends on it is not in their images.
fn settings() -> Settings {
    if cfg!(target_os = "none") { Settings::default() } else { state::with(|state| state.live.settings.get()) }
}

/// The fault of [`retries`] outside of live blocks.
pub const NO_LIVE_BLOCK: &str = "live_retries() called outside a live block";

/// A live block is entered: its first attempt is about to begin.
pub fn enter(clauses: Clauses) {
    log(CYAN, &["[LIVE BLOCK] Starting execution of live block"]);
    let start = if clauses.within.is_some() { sys::monotonic_nanoseconds() } else { 0 };
    let block = heap::allocate(size_of::<Frame>()).cast::<Frame>();
    state::with(|state| {
        let live = &state.live;
        let trace_depth = trace::depth();
        let frame = Frame { clauses, start, failures: 0, trace_depth, outer: live.innermost.get() };
        // SAFETY: a fresh block of this size; blocks are aligned to 16.
        unsafe { block.write(frame) };
        live.innermost.set(block.as_ptr());
        live.depth.set(live.depth.get() + 1);
    });
}

/// The innermost live block, which was just entered, waits like this between its attempts.
pub fn set_backoff(backoff: Backoff) {
    let innermost = state::with(|state| state.live.innermost.get());
    // SAFETY: the frame of an active block is alive; nothing else refers to it.
    if let Some(frame) = unsafe { innermost.as_mut() } {
        frame.clauses.backoff = Some(backoff);
    }
}

/// Whether any live block is active.
pub fn is_active() -> bool {
    state::with(|state| !state.live.innermost.get().is_null())
}

/// The attempt completed, and all invariants hold: the innermost live block is left.
pub fn succeeded() {
    log(GREEN, &["[LIVE BLOCK] Successfully executed live block"]);
    abandon();
}

/// The innermost live block is left without another word.
pub fn abandon() {
    let top = state::with(|state| {
        let live = &state.live;
        let top = NonNull::new(live.innermost.get())?;
        // SAFETY: frames of active blocks are alive.
        live.innermost.set(unsafe { top.as_ref() }.outer);
        live.depth.set(live.depth.get() - 1);
        Some(top)
    });
    if let Some(top) = top {
        // SAFETY: it was allocated with this size, and nothing refers to it any more.
        unsafe { heap::free(top.cast(), size_of::<Frame>()) };
    }
}

/// An attempt of the innermost live block faulted with `message`. The position is that of the block.
#[cold]
pub fn failed(message: &str, position: Option<Position<'_>>) -> Verdict {
    let settings = settings();
    if settings.panic_on_fault {
        die(message);
    }
    let (clauses, start, failures, depth, trace_depth) = state::with(|state| {
        let live = &state.live;
        // SAFETY: the caller's block is active, and so its frame alive; nothing else refers to it.
        let frame = unsafe { &mut *live.innermost.get() };
        frame.failures += 1;
        if frame.failures < frame.clauses.attempts {
            live.total_retries.set(live.total_retries.get() + 1);
        }
        (frame.clauses, frame.start, frame.failures, live.depth.get(), frame.trace_depth)
    });
    trace::truncate(trace_depth);
    let (k, n) = (IntText::unsigned(failures.into()), IntText::unsigned(clauses.attempts.into()));
    let (k, n) = (k.as_str(), n.as_str());
    log(YELLOW, &["[LIVE BLOCK] Error detected (attempt ", k, "/", n, "): ", message]);
    let is_late = clauses.within.is_some_and(|within| sys::monotonic_nanoseconds().saturating_sub(start) >= within);
    if failures >= clauses.attempts || is_late {
        return give_up(is_late, [k, n], depth, message);
    }
    if let Some(fd) = settings.records {
        write_record(fd, position, message, failures);
    }
    log(CYAN, &["[LIVE BLOCK] Restoring environment to last known good state"]);
    let next = IntText::unsigned(u64::from(failures) + 1);
    log(CYAN, &["[LIVE BLOCK] Retrying execution (attempt ", next.as_str(), "/", n, ")"]);
    if let Some(backoff) = clauses.backoff {
        sys::sleep_milliseconds(delay(backoff, failures - 1));
    }
    Verdict::Retry
}

#[cold]
fn give_up(is_late: bool, [k, n]: [&str; 2], depth: u32, message: &str) -> Verdict {
    let event = match is_late {
        true => "[LIVE BLOCK] timed out, propagating error",
        false => "[LIVE BLOCK] Maximum retry attempts reached, propagating error",
    };
    log(RED, &[event]);
    state::with(|state| state.live.total_exhaustions.set(state.live.total_exhaustions.get() + 1));
    abandon();
    let (start, count, unit) = match is_late {
        true => ("Live block timed out after ", k, " attempt(s) (retry depth: "),
        false => ("Live block failed after ", n, " attempts (retry depth: "),
    };
    let depth = IntText::unsigned(depth.into());
    Verdict::GiveUp(FaultText::new(&[start, count, unit, depth.as_str(), "): ", message]))
}

/// The wait before retry number `retry`, counted from 0.
fn delay(Backoff { base_ms, factor, max_ms, linear }: Backoff, retry: u32) -> u64 {
    let grown = match linear {
        true => base_ms.saturating_mul(u64::from(retry) + 1),
        false => base_ms.saturating_mul(factor.saturating_pow(retry)),
    };
    grown.min(max_ms)
}

/// How often the innermost live block has failed in this execution of it.
pub fn retries() -> Result<i64, FaultText> {
    let innermost = state::with(|state| state.live.innermost.get());
    // SAFETY: the frame of an active block is alive.
    match unsafe { innermost.as_ref() } {
        Some(frame) => Ok(frame.failures.into()),
        None => Err(FaultText::new(&[NO_LIVE_BLOCK])),
    }
}

/// Attempts after the first, of all live blocks so far.
pub fn total_retries() -> i64 {
    state::with(|state| state.live.total_retries.get()) as i64
}

/// How often live blocks gave up so far.
pub fn total_exhaustions() -> i64 {
    state::with(|state| state.live.total_exhaustions.get()) as i64
}

/// A statement begins. If a live block is active it is counted, and number `number` fails, so that tests see what becomes
/// of the values that are alive there.
#[cold]
pub fn inject_fault(number: i64) -> Result<(), FaultText> {
    if !is_active() {
        return Ok(());
    }
    let statements = state::with(|state| {
        let next = state.live.statements.get() + 1;
        state.live.statements.replace(next) + 1
    });
    if statements != number {
        return Ok(());
    }
    let number = IntText::new(number);
    fault::write_error(&["[injected fault ", number.as_str(), "]\n"]);
    Err(FaultText::new(&["injected fault ", number.as_str()]))
}

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";

/// Writes a line to standard error if events are logged, in this colour on a terminal.
fn log(colour: &str, text: &[&str]) {
    if settings().log {
        write_line(colour, text);
    }
}

#[cold]
fn write_line(colour: &str, text: &[&str]) {
    let is_terminal = sys::is_terminal(2);
    let mut pieces = [""; fault::MAX_PIECES];
    let mut n = 0;
    let mut add = |piece| {
        pieces[n] = piece;
        n += 1;
    };
    if is_terminal {
        add(colour);
    }
    text.iter().for_each(|piece| add(piece));
    add(if is_terminal { "\x1b[0m\n" } else { "\n" });
    fault::write_error(&pieces[..n]);
}

/// Writes what is known of a retry as one line of JSON.
#[cold]
fn write_record(fd: i32, position: Option<Position<'_>>, message: &str, failures: u32) {
    let (file, line) = position.map_or(("?", 0), |at| (trace::base_name(at.file), at.line));
    let (file, reason) = (json_text(file), json_text(message));
    let (line, retry) = (IntText::unsigned(line.into()), IntText::unsigned(failures.into()));
    let time = IntText::unsigned(sys::realtime_nanoseconds());
    let (line, retry, time) = (line.as_str(), retry.as_str(), time.as_str());
    let reason = FaultText::new(&["\",\"reason\":\"", reason.as_str(), "\",\"retry\":"]);
    let pieces = ["{\"block\":\"", file.as_str(), ":", line, reason.as_str(), retry, ",\"ts_ns\":", time, "}\n"];
    fault::write_to(fd, &pieces);
}

/// `text` as it stands between the quotes of a JSON string.
fn json_text(text: &str) -> Str {
    let mut escaped = Str::empty();
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\0'..='\x1f' => {
                let digits = b"0123456789abcdef";
                escaped.push_str("\\u00");
                for digit in [c as usize >> 4, c as usize & 15] {
                    escaped.push_str(char::from(digits[digit]).encode_utf8(&mut [0; 4]));
                }
            }
            c => escaped.push_str(c.encode_utf8(&mut [0; 4])),
        }
    }
    escaped
}

/// Ends the program at its first fault in a live block.
#[cold]
fn die(message: &str) -> ! {
    output::flush();
    write_line(RED, &["[LIVE BLOCK] fault: ", message]);
    fault::write_error(&["[fault] --panic-on-fault: aborting (disable with --no-panic-on-fault)\n"]);
    sys::exit(fault::FAULT_STATUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Clauses = Clauses { attempts: 3, within: None, backoff: None };

    fn text_of(verdict: Verdict) -> Option<std::string::String> {
        match verdict {
            Verdict::Retry => None,
            Verdict::GiveUp(text) => Some(text.as_str().into()),
        }
    }

    #[test]
    fn nested_blocks_count_for_themselves() {
        assert!(retries().is_err());
        enter(PLAIN);
        assert_eq!(text_of(failed("a", None)), None);
        enter(PLAIN);
        assert_eq!(retries().unwrap(), 0);
        for _ in 0..2 {
            assert_eq!(text_of(failed("m", None)), None);
        }
        assert_eq!(retries().unwrap(), 2);
        let inner = text_of(failed("m", None)).unwrap();
        assert_eq!(inner, "Live block failed after 3 attempts (retry depth: 2): m");
        assert_eq!(retries().unwrap(), 1);
        assert_eq!(text_of(failed(&inner, None)), None);
        let outer = text_of(failed("x", None)).unwrap();
        assert_eq!(outer, "Live block failed after 3 attempts (retry depth: 1): x");
        assert_eq!((total_retries(), total_exhaustions()), (4, 2));
        assert!(retries().is_err());
    }

    #[test]
    fn one_attempt_is_the_least_and_time_ends_the_rest() {
        enter(Clauses { attempts: 0, ..PLAIN });
        assert_eq!(text_of(failed("m", None)).unwrap(), "Live block failed after 0 attempts (retry depth: 1): m");
        enter(Clauses { within: Some(0), ..PLAIN });
        assert_eq!(text_of(failed("m", None)).unwrap(), "Live block timed out after 1 attempt(s) (retry depth: 1): m");
        enter(PLAIN);
        succeeded();
        assert!(retries().is_err());
    }

    #[test]
    fn texts_are_escaped_for_json() {
        assert_eq!(json_text("a \"b\"\\\n\u{1f}\u{7f}é").as_str(), "a \\\"b\\\"\\\\\\n\\u001f\u{7f}é");
    }

    #[test]
    fn waits_grow_up_to_their_limit() {
        let exponential = Backoff { base_ms: 20, factor: 3, max_ms: 50, linear: false };
        let linear = Backoff { linear: true, ..exponential };
        assert_eq!([0, 1, 2].map(|i| delay(exponential, i)), [20, 50, 50]);
        assert_eq!([0, 1, 2].map(|i| delay(linear, i)), [20, 40, 50]);
        let huge = Backoff { base_ms: u64::MAX, factor: 10, max_ms: u64::MAX, linear: false };
        assert_eq!(delay(huge, 1000), u64::MAX);
    }
}
