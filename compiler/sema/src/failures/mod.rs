//! What functions can raise, and who has to deal with it.
//!
//! In: the typed program, where all that is called is written as a call. Out: errors and warnings. The failures that a
//! function can raise are the least sets that hold what its body raises outside of `try`s that catch it: by `fail`, by
//! calls of functions, whose sets these are again, and by calls of function values, whose types tell. A failure that leaves
//! a function of the program must be declared there; what is reported for one function does not count for those that call
//! it. Functions that nobody wrote (those made for types, and the library) declare nothing and pass on what they call.
//!
//! Generic functions stand in the program once per instance: an error in one is an error, a declaration or an arm is
//! useless if it is so in all of them.
//!
//! Linear in the program but for the rounds of the fixed point; a program without failures is not looked at.

mod parts;

use std::collections::BTreeSet;

use resilient_base::{Diagnostic, Diagnostics, EntityRef, SecondaryMap, SourceMap, Span, diag::codes};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::typed::{CatchArm, Expr, ExprKind, Func, FuncId, Program};
use crate::types::{Failure, TypeKind};

/// Reports failures that nobody deals with, and what is declared or caught to no purpose.
pub fn check(program: &Program<'_>, sources: &SourceMap, diags: &mut Diagnostics) {
    if program.types.failures.is_empty() {
        return;
    }
    let funcs = program.funcs.iter().map(|(id, func)| (id, Body::new(program, func))).collect();
    let mut check = Check { program, sources, funcs, raised: SecondaryMap::new() };
    check.solve();
    check.report_unhandled(diags);
    check.report_useless(diags);
}

/// Something that may raise failures.
#[derive(Clone, Copy)]
enum Source<'p> {
    /// `fail`
    Fail(Failure),
    /// A call of a function.
    Call(FuncId),
    /// A call of a function value that may raise these; its text.
    Value(&'p [Failure], Span),
}

/// A place that may raise failures.
struct Site<'p> {
    source: Source<'p>,
    at: Span,
    /// The innermost `try` whose body it stands in.
    caught_by: Option<usize>,
}

/// A `try`.
struct Catch<'p> {
    arms: &'p [CatchArm<'p>],
    outer: Option<usize>,
}

/// What matters of a function.
#[derive(Default)]
struct Body<'p> {
    sites: Vec<Site<'p>>,
    catches: Vec<Catch<'p>>,
}

impl<'p> Body<'p> {
    fn new(program: &'p Program<'p>, func: &'p Func<'p>) -> Body<'p> {
        let mut body = Body::default();
        let clauses = func.requires.iter().chain(func.ensures);
        let mut todo: Vec<(&'p Expr<'p>, Option<usize>)> =
            clauses.flat_map(|clause| [(clause.cond, None), (clause.message, None)]).collect();
        todo.push((func.body, None));
        while let Some((expr, caught_by)) = todo.pop() {
            let mut add = |source| body.sites.push(Site { source, at: expr.span, caught_by });
            match expr.kind {
                ExprKind::Fail(failure) => add(Source::Fail(failure)),
                ExprKind::Call(call) => add(Source::Call(call.func)),
                ExprKind::CallValue(callee, _) => {
                    if let TypeKind::Fn(_, _, failures) = program.types.kind(callee.ty) {
                        add(Source::Value(failures, callee.span));
                    }
                }
                ExprKind::Try(node) => {
                    todo.push((node.body, Some(body.catches.len())));
                    body.catches.push(Catch { arms: node.arms, outer: caught_by });
                    todo.extend(node.arms.iter().map(|arm| (arm.body, caught_by)));
                    continue;
                }
                _ => {}
            }
            parts::each(expr, &mut |part| todo.push((part, caught_by)));
        }
        body
    }

    /// The arm that catches `failure` where it is raised in the body of the `try` number `from`.
    fn catcher(&self, failure: Failure, from: Option<usize>) -> Option<&'p CatchArm<'p>> {
        let around = std::iter::successors(from, |&at| self.catches[at].outer);
        around.map(|at| &self.catches[at]).find_map(|catch| catch.arms.iter().find(|arm| arm.failure == failure))
    }
}

struct Check<'p, 's> {
    program: &'p Program<'p>,
    sources: &'s SourceMap,
    funcs: Vec<(FuncId, Body<'p>)>,
    /// What calls of a function can raise.
    raised: SecondaryMap<FuncId, BTreeSet<Failure>>,
}

impl<'p> Check<'p, '_> {
    fn solve(&mut self) {
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); self.funcs.len()];
        for (at, (_, body)) in self.funcs.iter().enumerate() {
            for site in &body.sites {
                if let Source::Call(callee) = site.source {
                    callers[callee.index()].push(at);
                }
            }
        }
        let mut todo: Vec<usize> = (0..self.funcs.len()).collect();
        while let Some(at) = todo.pop() {
            let (id, body) = &self.funcs[at];
            let declared = self.program.funcs[*id].failures;
            let leaves = |failure: &Failure| {
                declared.is_none_or(|declared| declared.iter().any(|(allowed, _)| allowed == failure))
            };
            let found: BTreeSet<Failure> = self.leaving(body).map(|(_, failure)| failure).filter(leaves).collect();
            if found.len() > self.raised[*id].len() {
                self.raised[*id] = found;
                todo.extend(&callers[at]);
            }
        }
    }

    /// What a place may raise, as far as it is known.
    fn raises<'c>(&'c self, site: &'c Site<'p>) -> Box<dyn Iterator<Item = Failure> + 'c> {
        match &site.source {
            Source::Fail(failure) => Box::new(std::iter::once(*failure)),
            Source::Call(callee) => Box::new(self.raised[*callee].iter().copied()),
            Source::Value(failures, _) => Box::new(failures.iter().copied()),
        }
    }

    /// The failures that no `try` of the function catches, and where they are raised.
    fn leaving<'c>(&'c self, body: &'c Body<'p>) -> impl Iterator<Item = (&'c Site<'p>, Failure)> {
        body.sites.iter().flat_map(move |site| {
            let uncaught = move |failure: &Failure| body.catcher(*failure, site.caught_by).is_none();
            self.raises(site).filter(uncaught).map(move |failure| (site, failure))
        })
    }

    fn report_unhandled(&self, diags: &mut Diagnostics) {
        // Each instance of a generic function has the place.
        let mut reported: FxHashSet<(Span, Failure)> = FxHashSet::default();
        for (id, body) in &self.funcs {
            let func = &self.program.funcs[*id];
            let Some(declared) = func.failures else { continue };
            for (site, failure) in self.leaving(body) {
                let callee = match site.source {
                    // Reported where the text was looked at.
                    Source::Fail(_) => continue,
                    Source::Call(callee) => self.program.funcs[callee].name,
                    Source::Value(_, callee) => self.sources.text(callee),
                };
                let is_declared = declared.iter().any(|(allowed, _)| *allowed == failure);
                if !is_declared && reported.insert((site.at, failure)) {
                    diags.push(self.unhandled(func, failure, callee, site.at));
                }
            }
        }
    }

    fn unhandled(&self, func: &Func<'_>, failure: Failure, callee: &str, at: Span) -> Diagnostic {
        let name = &self.program.types.failures[failure];
        if func.is_deferred {
            let message = format!(
                "a deferred call cannot raise the failure variant {name} — wrap the call in \
                 `try {{ ... }} catch {name} {{ ... }}` (from call to `{callee}`)"
            );
            let note = "the function is being left already when the call is made";
            return Diagnostic::error(codes::DEFERRED, at, message).with_note(note);
        }
        let message = format!(
            "unhandled failure variant {name} — declare `fails {name}` on the caller or wrap the call in \
             `try {{ ... }} catch {name} {{ ... }}` (from call to `{callee}`)"
        );
        Diagnostic::error(codes::UNHANDLED_FAILURE, at, message)
    }

    fn report_useless(&self, diags: &mut Diagnostics) {
        let mut declarations = Uses::default();
        let mut arms = Uses::default();
        for (id, body) in &self.funcs {
            let func = &self.program.funcs[*id];
            for &(failure, span) in func.failures.unwrap_or(&[]) {
                let message = || {
                    let name = &self.program.types.failures[failure];
                    format!("`{}` declares `fails {name}` but cannot raise it", func.name)
                };
                declarations.note(span, self.raised[*id].contains(&failure), message);
            }
            let mut taken: Vec<Span> = Vec::new();
            for site in &body.sites {
                let arms = self.raises(site).filter_map(|failure| body.catcher(failure, site.caught_by));
                taken.extend(arms.map(|arm| arm.span));
            }
            for arm in body.catches.iter().flat_map(|catch| catch.arms) {
                let name = &self.program.types.failures[arm.failure];
                let message = || format!("nothing in the `try` body can raise {name} that reaches this arm");
                arms.note(arm.span, taken.contains(&arm.span), message);
            }
        }
        declarations.report(diags);
        arms.report(diags);
    }
}

/// Declarations or arms: whether any instance of the function makes use of them, and what to say if not.
#[derive(Default)]
struct Uses(FxHashMap<Span, (bool, String)>);

impl Uses {
    fn note(&mut self, span: Span, is_used: bool, message: impl FnOnce() -> String) {
        self.0.entry(span).or_insert_with(|| (false, message())).0 |= is_used;
    }

    fn report(self, diags: &mut Diagnostics) {
        let useless = self.0.into_iter().filter_map(|(span, (is_used, message))| (!is_used).then_some((span, message)));
        let mut useless: Vec<(Span, String)> = useless.collect();
        useless.sort_by_key(|(span, _)| (span.file, span.lo));
        useless.into_iter().for_each(|(span, message)| diags.push(Diagnostic::warning(span, message)));
    }
}
