//! Statements and blocks.

use super::{Printer, exprs::is_value};
use crate::ast::{Attribute, AttributeArgs, AttributeStyle, Block, Break, CfgPredicate, ExprKind, Let, Stmt, StmtKind};

impl Printer<'_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt<'_>]) {
        for stmt in stmts {
            self.line();
            self.stmt(stmt);
            self.word("\n");
        }
    }

    pub(super) fn block(&mut self, block: &Block<'_>) {
        self.block_of(block.stmts, |p, stmt| p.stmt(stmt));
    }

    /// A free-standing block: where it would read as an anonymous struct or map, an empty statement goes first.
    pub(super) fn free_block(&mut self, block: &Block<'_>) {
        let ambiguous = match block.stmts {
            [] => true,
            [only] => is_value(&only.kind) && only.attrs.is_empty() && begins_with_name(&only.kind),
            _ => false,
        };
        let labelled = block.stmts.first().is_some_and(|first| is_labelled(&first.kind));
        if !ambiguous && !labelled {
            return self.block(block);
        }
        self.word("{\n");
        self.indent += 1;
        self.line();
        self.word(";\n");
        self.stmts(block.stmts);
        self.indent -= 1;
        self.line();
        self.word("}");
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        self.attributes(stmt.attrs);
        self.stmt_kind(&stmt.kind, true);
    }

    pub(super) fn attributes(&mut self, attrs: &[Attribute<'_>]) {
        for attr in attrs {
            self.attribute(attr);
            self.word(" ");
        }
    }

    fn attribute(&mut self, attr: &Attribute<'_>) {
        self.word(if attr.style == AttributeStyle::Hash { "#[" } else { "@" });
        self.name(attr.name);
        match attr.args {
            AttributeArgs::None => {}
            AttributeArgs::Cfg(predicate) => {
                self.word("(");
                self.cfg_predicate(predicate);
                self.word(")");
            }
            AttributeArgs::Tokens(text, _) => {
                self.word("(");
                self.word(text);
                self.word(")");
            }
        }
        self.word(if attr.style == AttributeStyle::Hash { "]" } else { "" });
    }

    fn cfg_predicate(&mut self, predicate: &CfgPredicate<'_>) {
        match *predicate {
            CfgPredicate::Test => self.word("test"),
            CfgPredicate::Not(inner) => {
                self.word("not(");
                self.cfg_predicate(inner);
                self.word(")");
            }
            CfgPredicate::Any(parts) => {
                self.word("any(");
                self.comma_list(parts, |p, part| p.cfg_predicate(part));
                self.word(")");
            }
            CfgPredicate::All(parts) => {
                self.word("all(");
                self.comma_list(parts, |p, part| p.cfg_predicate(part));
                self.word(")");
            }
            CfgPredicate::Equals(key, value) => {
                self.name(key);
                self.word(" = ");
                self.string(value);
            }
        }
    }

    /// A statement; `semi` tells whether a `;` may follow it.
    pub(super) fn stmt_kind(&mut self, kind: &StmtKind<'_>, semi: bool) {
        match *kind {
            StmtKind::Item(ref item) => return self.item(item),
            StmtKind::Expr { expr, semi } => {
                self.expr(expr);
                return self.word(if semi { ";" } else { "" });
            }
            StmtKind::Let(node) => self.let_(node),
            StmtKind::Assign(node) => {
                self.expr(node.place);
                self.word(" ");
                self.word(node.op.map_or("", |op| op.text()));
                self.word("= ");
                self.expr(node.value);
            }
            StmtKind::Return(value) => {
                self.word("return");
                if let Some(value) = value {
                    self.word(" ");
                    self.expr(value);
                }
            }
            StmtKind::Break(node) => {
                self.word("break");
                match node {
                    Break::Plain => {}
                    Break::LabelOrValue(name) => {
                        self.word(" ");
                        self.name(name);
                    }
                    Break::Value(value) => {
                        self.word(" ");
                        self.expr(value);
                    }
                }
            }
            StmtKind::Continue(label) => {
                self.word("continue");
                if let Some(label) = label {
                    self.word(" ");
                    self.name(label);
                }
            }
            StmtKind::Defer(expr) => {
                self.word("defer ");
                match expr.kind {
                    ExprKind::Block(block) => self.block(block),
                    _ => self.expr(expr),
                }
            }
            StmtKind::Fail(name) => {
                self.word("fail ");
                self.name(name);
            }
            StmtKind::Assert(node) => {
                self.word(if node.is_assume { "assume(" } else { "assert(" });
                self.expr(node.cond);
                if let Some(message) = node.message {
                    self.word(", ");
                    self.expr(message);
                }
                self.word(")");
            }
            StmtKind::Invariant(expr) => {
                self.word("invariant ");
                self.expr(expr);
            }
            StmtKind::Error => self.word("<error>"),
        }
        self.word(if semi { ";" } else { "" });
    }

    fn let_(&mut self, node: &Let<'_>) {
        self.word(if node.is_static { "static let " } else { "let " });
        self.word(if node.is_const { "const " } else { "" });
        self.word(if node.is_mut { "mut " } else { "" });
        self.pattern(&node.target);
        if let Some(ty) = node.ty {
            self.word(": ");
            self.ty(ty);
        }
        self.word(" = ");
        self.expr(node.init);
        if let Some(otherwise) = &node.otherwise {
            self.word(" else ");
            self.block(otherwise);
        }
    }
}

/// Whether the statement is a lone name, as in `{ x }`.
fn begins_with_name(kind: &StmtKind<'_>) -> bool {
    matches!(kind, StmtKind::Expr { expr, .. } if matches!(expr.kind, ExprKind::Path(path) if path.segments.len() == 1))
}

fn is_labelled(kind: &StmtKind<'_>) -> bool {
    let StmtKind::Expr { expr, .. } = kind else { return false };
    match expr.kind {
        ExprKind::While(node) => node.label.is_some(),
        ExprKind::Loop(node) => node.label.is_some(),
        _ => false,
    }
}
