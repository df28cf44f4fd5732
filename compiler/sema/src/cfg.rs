//! Conditional compilation: which statements are part of the program.

use resilient_base::Interner;
use resilient_syntax::ast::{AttributeArgs, CfgPredicate, Stmt};

/// What the command line says about a compilation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Features that are switched on.
    pub features: Vec<String>,
    /// Build settings: key and value.
    pub settings: Vec<(String, String)>,
    /// The target triple.
    pub target: String,
    /// Whether tests are being built.
    pub test: bool,
    /// The test to run: a function without parameters of the program's own file. It is called behind the top-level code,
    /// after [`TEST_MARKER`] was printed, and `main` does not start by itself.
    pub test_entry: Option<String>,
    /// Makes a statement of the program fail: which one, counted while it runs inside live blocks. For tests of those.
    pub inject_fault: Option<u32>,
    /// Whether reports of faults show the calls that are active.
    pub backtrace: bool,
    /// A `while` or `loop` of the program faults when it begins another iteration after so many.
    pub max_iterations: Option<u64>,
    /// What integer arithmetic of the program does when a result is out of range. The library's always wraps.
    pub overflow: Overflow,
    /// Whether what takes the ground from under checks and proofs is an error rather than a warning.
    pub safety_critical: bool,
    /// Whether the target has no operating system, and so lacks the library functions that need one.
    pub is_bare: bool,
}

/// What integer arithmetic does with a result out of range of its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The low bits count.
    #[default]
    Wrap,
    /// The result is the nearest value of the type.
    Saturate,
    /// It faults.
    Trap,
}

/// What separates the output of top-level code from that of a test.
pub const TEST_MARKER: &str = "\0resilientc: test begins\0";

impl Options {
    /// Whether `predicate` holds.
    pub fn holds(&self, predicate: &CfgPredicate<'_>, interner: &Interner) -> bool {
        match predicate {
            CfgPredicate::Test => self.test,
            CfgPredicate::Not(inner) => !self.holds(inner, interner),
            CfgPredicate::Any(list) => list.iter().any(|p| self.holds(p, interner)),
            CfgPredicate::All(list) => list.iter().all(|p| self.holds(p, interner)),
            CfgPredicate::Equals(key, value) => match interner.resolve(key.symbol) {
                "feature" => self.features.iter().any(|f| f == value),
                "target" => self.target == *value,
                key => self.settings.iter().any(|(k, v)| k == key && v == value),
            },
        }
    }

    /// Whether `stmt` is part of the program.
    pub fn is_active(&self, stmt: &Stmt<'_>, interner: &Interner) -> bool {
        stmt.attrs.iter().all(|attr| match attr.args {
            AttributeArgs::Cfg(predicate) => self.holds(predicate, interner),
            AttributeArgs::None | AttributeArgs::Tokens(..) => true,
        })
    }
}

/// What every part of the checker reads.
#[derive(Clone, Copy)]
pub struct Cx<'c> {
    /// The source files.
    pub sources: &'c resilient_base::SourceMap,
    /// The names.
    pub interner: &'c Interner,
    /// The command line.
    pub options: &'c Options,
}

impl<'c> Cx<'c> {
    /// The text of `symbol`.
    pub fn name(self, symbol: resilient_base::Symbol) -> &'c str {
        self.interner.resolve(symbol)
    }

    /// The statements of a block that are part of the program.
    pub fn active<'a>(&self, stmts: &'a [Stmt<'a>]) -> impl DoubleEndedIterator<Item = &'a Stmt<'a>> + use<'a, 'c> {
        let (options, interner) = (self.options, self.interner);
        stmts.iter().filter(move |stmt| stmt.attrs.is_empty() || options.is_active(stmt, interner))
    }
}
