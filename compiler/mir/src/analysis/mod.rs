//! Facts about functions, computed on demand from the IR. A pass that changes the IR drops them; nothing is patched.

pub mod cfg;
pub mod cold;
pub mod differences;
pub mod dominators;
pub mod facts;
pub mod interval;
pub mod invariants;
pub mod lengths;
pub mod liveness;
pub mod loops;
pub mod ownership;
pub(crate) mod planted;
pub mod static_fn;
pub mod switch;
pub mod uses;

pub use cfg::Cfg;
pub use cold::ColdBlocks;
pub use dominators::Dominators;
pub use lengths::LengthClasses;
pub use liveness::Liveness;
pub use loops::Loops;
pub use static_fn::static_fn;
pub use switch::SwitchPlan;
pub use uses::UseCounts;
