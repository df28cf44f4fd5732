//! Attributes other than `cfg`: those that change nothing, those that are not built, and those nobody knows.

use resilient_base::{Diagnostic, Diagnostics, Span};
use resilient_syntax::ast::{AttributeArgs, AttributeStyle, Item, Stmt, StmtKind};

use crate::cfg::Cx;
use crate::gaps::Gap;

/// Reports what is wrong with the attributes of `stmt`.
pub fn check(stmt: &Stmt<'_>, cx: Cx<'_>, diags: &mut Diagnostics) {
    for attr in stmt.attrs.iter().filter(|attr| attr.style == AttributeStyle::Hash) {
        let name = cx.name(attr.name.symbol);
        if matches!(attr.args, AttributeArgs::Cfg(_)) || INERT_ATTRIBUTES.binary_search(&name).is_ok() {
            continue;
        }
        if name == MUST_TAIL_CALL {
            if !matches!(stmt.kind, StmtKind::Item(Item::Fn(_))) {
                diags.push(Diagnostic::warning(attr.span, format!("`{name}` means something before a function only")));
            }
            continue;
        }
        diags.push(if ACTIVE_ATTRIBUTES.contains(&name) {
            Gap::Attribute(name).at(attr.span)
        } else {
            Diagnostic::warning(attr.span, format!("unknown attribute `{name}`"))
        });
    }
}

/// The attribute of functions whose calls of themselves must need no stack.
pub const MUST_TAIL_CALL: &str = "must_tail_call";

/// Where the statement that declares a function demands that its calls of itself need no stack.
pub fn must_tail_call(stmt: &Stmt<'_>, cx: Cx<'_>) -> Option<Span> {
    let mut attrs = stmt.attrs.iter().filter(|attr| attr.style == AttributeStyle::Hash);
    attrs.find(|attr| cx.name(attr.name.symbol) == MUST_TAIL_CALL).map(|attr| attr.span)
}

/// Attributes that change something and are not built.
const ACTIVE_ATTRIBUTES: &[&str] = &["atomic", "interrupt", "mutual_tail_call", "tail"];

/// Attributes that change nothing. Sorted.
#[rustfmt::skip]
const INERT_ATTRIBUTES: &[&str] = &[
    "ai_review_required", "async_fn", "autopilot", "blame", "const_fn", "crash_only_cert", "deadlock_free",
    "declassify", "dependent", "derive", "format_builtin", "generated", "ghost", "ghost_fn", "intent", "lean_spec",
    "lock_priority", "loop_bound", "mmio", "no_alloc", "no_panic", "noninterference", "overflow_checked", "peripheral",
    "phantom", "power", "property_test", "public", "recursive", "refinement", "row_poly", "secret", "session", "stable",
    "stack", "state_machine", "typestate", "version", "wcet",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::INERT_ATTRIBUTES.is_sorted_by(|a, b| a < b));
    }
}
