//! Live blocks: attempts, and the variables that are put back between them.
//!
//! The counting, and the decision whether there is another attempt, are the runtime's ([`resilient_runtime::live`]). A
//! snapshot is a copy of each variable; copies share storage until one of them changes.

use resilient_base::Span;
use resilient_runtime::fault::Position;
use resilient_runtime::live::{self, Clauses, Verdict};
use resilient_sema::typed::{Live, Place};

use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// The value of the attempt that succeeds; when none does, the fault stands at `span`.
    pub(crate) fn live(&mut self, node: &'p Live<'p>, span: Span) -> Eval {
        let saved = self.save(node.restored);
        live::enter(clauses(node));
        let outer = self.guard_base.replace(self.base);
        let result = loop {
            match self.attempt(node) {
                Err(Exit::Fault(found)) => match live::failed(found.message.as_str(), Some(self.position(span))) {
                    Verdict::Retry => self.restore(node.restored, &saved),
                    Verdict::GiveUp(message) => break fault(span, message.into_str()),
                },
                // The block has neither failed nor succeeded.
                result @ Err(Exit::Stop(_) | Exit::Fail(_)) => {
                    live::abandon();
                    break result;
                }
                result => {
                    live::succeeded();
                    break result;
                }
            }
        };
        self.guard_base = outer;
        result
    }

    fn position(&self, span: Span) -> Position<'p> {
        let at = self.sources.line_col(span);
        Position { file: &self.sources.file(span.file).name, line: at.line, col: at.col }
    }

    /// The block, however it is left, then the invariants.
    fn attempt(&mut self, node: &'p Live<'p>) -> Eval {
        match self.eval(node.body) {
            exit @ Err(Exit::Fault(_) | Exit::Stop(_) | Exit::Fail(_)) => exit,
            completion => {
                self.check_clauses(node.invariants)?;
                completion
            }
        }
    }

    /// Copies of the variables; none of a global whose initialiser has not run.
    fn save(&mut self, places: &[Place]) -> Vec<Option<Value>> {
        places.iter().map(|&place| self.with_place_now(place, |variable| variable.clone())).collect()
    }

    fn restore(&mut self, places: &[Place], saved: &[Option<Value>]) {
        for (&place, value) in places.iter().zip(saved) {
            if let Some(value) = value {
                self.with_place_now(place, |variable| *variable = value.clone());
            }
        }
    }

    /// Whether the variable may be read after a fault or failure in what is computed from it: then it keeps its value
    /// meanwhile. No live block restores statics, whether they are globals or variables of the top-level code; the variables of a
    /// function that a live block calls are gone when it is tried again. Deferred calls and the arms of a `try` read them.
    pub(crate) fn survives_faults(&self, place: Place) -> bool {
        match (self.guard_base, place) {
            (None, _) => false,
            (Some(base), Place::Local(_)) => base == self.base,
            (Some(_), Place::Global(_) | Place::Cell(_)) => true,
        }
    }
}

fn clauses(node: &Live<'_>) -> Clauses {
    let backoff = node.backoff.map(|backoff| live::Backoff {
        base_ms: backoff.base_ms,
        factor: backoff.factor,
        max_ms: backoff.max_ms,
        linear: backoff.linear,
    });
    Clauses { attempts: node.attempts, within: node.within, backoff }
}
