//! Turns cells that do not leave a function into variables.
//!
//! ```text
//! v1 = box_new layout0 (v0)
//! jump block1                              jump block1(v0)
//! block1:                                  block1(v8: i64):
//!     v2 = cell_get layout0.0 v1    =>
//!     v3 = iadd v2, v9                         v3 = iadd v8, v9
//!     cell_set layout0.0 v1, v3
//!     branch v7, block1, block2                branch v7, block1(v3), block2
//! block2:                                  block2:
//!     release v1
//! ```
//!
//! For cells with a single reference that is only got from, set and released, as [`super::copy_elision`] leaves them after
//! closures were inlined. Each leaf is a variable from the making of the cell to its release; it owns its value, as the cell
//! did. Where ways come together while the cell is there, the block gets a parameter for each leaf; those that turn out to
//! be superfluous go in [`super::cfg`].
//!
//! Cost: per cell the blocks in which it is there. Cells are few.

use resilient_base::SecondaryMap;

use super::Aliases;
use crate::analysis::{Cfg, Liveness};
use crate::ir::*;

/// Turns cells of a function into variables; tells whether there were any.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let cells = local_cells(func, &cfg);
    if cells.is_empty() {
        return false;
    }
    let is_cell = |value: Value| cells.iter().any(|&(_, cell)| cell == value);
    let liveness = Liveness::new(func, &cfg, is_cell);
    let mut aliases = Aliases::new();
    for &(block, cell) in &cells {
        Variables {
            func,
            cfg: &cfg,
            liveness: &liveness,
            aliases: &mut aliases,
            cell,
            at_end: SecondaryMap::new(),
            params: SecondaryMap::new(),
        }
        .replace(block);
    }
    aliases.apply(func);
    true
}

/// The cells that are nothing but got from, set and released, with the blocks that make them.
fn local_cells(func: &Function, cfg: &Cfg) -> Vec<(Block, Value)> {
    let mut made = Vec::new();
    let mut is_whole: SecondaryMap<Value, bool> = SecondaryMap::new();
    let mut is_cell: SecondaryMap<Value, bool> = SecondaryMap::new();
    for &block in cfg.rpo() {
        let data = &func.blocks[block];
        for &inst in &data.insts {
            let InstData { kind, results, .. } = &func.insts[inst];
            match kind {
                InstKind::CellGet(_, cell) => is_cell[*cell] = true,
                InstKind::CellSet(_, cell, value) | InstKind::CellReplace(_, cell, value) => {
                    is_cell[*cell] = true;
                    is_whole[*value] = true;
                }
                InstKind::Release(_) => {}
                kind => kind.for_each_operand(|value| is_whole[value] = true),
            }
            if let InstKind::BoxNew(..) = kind {
                made.push((block, results[0]));
            }
        }
        data.terminator.for_each_operand(|value| is_whole[value] = true);
    }
    made.retain(|&(_, cell)| is_cell[cell] && !is_whole[cell]);
    made
}

/// The leaves of one cell as variables.
struct Variables<'a> {
    func: &'a mut Function,
    cfg: &'a Cfg,
    liveness: &'a Liveness,
    aliases: &'a mut Aliases,
    cell: Value,
    /// Their values at the ends of blocks in which the cell is there.
    at_end: SecondaryMap<Block, Option<Vec<Value>>>,
    /// Parameters for them.
    params: SecondaryMap<Block, bool>,
}

impl Variables<'_> {
    fn replace(mut self, maker: Block) {
        let tys = self.walk(maker, Vec::new());
        let rpo = self.cfg.rpo();
        let Some(start) = rpo.iter().position(|&block| block == maker) else {
            return;
        };
        // The maker dominates all blocks with the cell, so they come behind it.
        for &block in &rpo[start + 1..] {
            if !self.is_there_at_start(block) {
                continue;
            }
            let values = match *self.cfg.preds(block) {
                [pred] => self.at_end[pred].clone(),
                _ => None,
            };
            let values = match values {
                Some(values) => values,
                None => {
                    self.params[block] = true;
                    tys.iter().map(|&ty| self.func.add_param(block, ty)).collect()
                }
            };
            self.walk(block, values);
        }
        self.pass_on();
    }

    /// Whether the cell is there at the start of a block behind the one that makes it: it is used in it or later.
    fn is_there_at_start(&self, block: Block) -> bool {
        let mut found = self.liveness.is_live_after(block, self.cell);
        for &inst in &self.func.blocks[block].insts {
            self.func.insts[inst].kind.for_each_operand(|value| found |= value == self.cell);
        }
        found
    }

    /// Rewrites a block, at whose start the variables have these values; none where the cell is made in it. Gives the
    /// types of the variables.
    fn walk(&mut self, block: Block, mut current: Vec<Value>) -> Vec<Ty> {
        let insts = std::mem::take(&mut self.func.blocks[block].insts);
        let mut placed = Vec::with_capacity(insts.len());
        for inst in insts {
            let InstData { kind, results, loc } = self.func.insts[inst].clone();
            match kind {
                InstKind::BoxNew(_, leaves) if results[0] == self.cell => current = leaves,
                InstKind::CellGet(leaf, cell) if cell == self.cell => {
                    let value = current[leaf.index as usize];
                    if self.func.ty(value).is_counted() {
                        self.func.insts[inst].kind = InstKind::Retain(value);
                        placed.push(inst);
                    } else {
                        self.aliases.replace(results[0], value);
                    }
                }
                InstKind::CellSet(leaf, cell, value) if cell == self.cell => current[leaf.index as usize] = value,
                InstKind::CellReplace(leaf, cell, value) if cell == self.cell => {
                    let old = std::mem::replace(&mut current[leaf.index as usize], value);
                    self.aliases.replace(results[0], old);
                }
                InstKind::Release(cell) if cell == self.cell => {
                    for &value in &current {
                        if self.func.ty(value).is_counted() {
                            placed.push(self.func.make_inst(InstKind::Release(value), &[], loc));
                        }
                    }
                }
                _ => placed.push(inst),
            }
        }
        self.func.blocks[block].insts = placed;
        let tys = current.iter().map(|&value| self.func.ty(value)).collect();
        self.at_end[block] = Some(current);
        tys
    }

    /// Arguments for the new parameters.
    fn pass_on(&mut self) {
        for &block in self.cfg.rpo() {
            let Some(values) = &self.at_end[block] else {
                continue;
            };
            for target in self.func.blocks[block].terminator.successors_mut() {
                if self.params[target.block] {
                    target.args.extend_from_slice(values);
                }
            }
        }
    }
}
