//! Makes a failing program smaller: leaves statements out, puts the inside of a compound statement in its place, and
//! replaces a statement by its simpler form, as long as the program goes on failing.

use crate::tree::Node;

/// A smaller program for which `fails` holds as it does for `program`.
pub fn shrink(mut program: Vec<Node>, fails: &mut dyn FnMut(&[Node]) -> bool) -> Vec<Node> {
    loop {
        let before = crate::tree::print(&program).len();
        // The path of the list that is looked at: pairs of the number of a node and of one of its parts.
        shrink_list(&mut program, &mut Vec::new(), fails);
        if crate::tree::print(&program).len() == before {
            return program;
        }
    }
}

type Path = Vec<(usize, usize)>;

fn list<'p>(program: &'p mut Vec<Node>, path: &Path) -> &'p mut Vec<Node> {
    path.iter().fold(program, |nodes, &(node, part)| &mut nodes[node].parts[part].1)
}

fn shrink_list(program: &mut Vec<Node>, path: &mut Path, fails: &mut dyn FnMut(&[Node]) -> bool) {
    let mut step = list(program, path).len();
    while step > 0 {
        // From the end: later statements use what earlier ones declare.
        let mut end = list(program, path).len();
        while end > 0 {
            let start = end.saturating_sub(step);
            attempt(program, path, fails, |nodes| {
                nodes.drain(start..end);
            });
            end = start;
        }
        step /= 2;
    }
    let mut n = 0;
    while n < list(program, path).len() {
        let node = list(program, path)[n].clone();
        if let Some(simpler) = node.simpler {
            attempt(program, path, fails, |nodes| nodes[n] = Node::line(simpler));
        }
        let mut is_replaced = false;
        for (_, body) in &node.parts {
            if !is_replaced {
                is_replaced = attempt(program, path, fails, |nodes| {
                    nodes.splice(n..=n, body.iter().cloned());
                });
            }
        }
        if !is_replaced {
            for part in 0..node.parts.len() {
                path.push((n, part));
                shrink_list(program, path, fails);
                path.pop();
            }
            n += 1;
        }
    }
}

/// Changes the list at `path` if the program still fails then.
fn attempt(
    program: &mut Vec<Node>,
    path: &Path,
    fails: &mut dyn FnMut(&[Node]) -> bool,
    change: impl FnOnce(&mut Vec<Node>),
) -> bool {
    let mut changed = program.clone();
    change(list(&mut changed, path));
    let is_smaller = fails(&changed);
    if is_smaller {
        *program = changed;
    }
    is_smaller
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::print;

    #[test]
    fn only_what_matters_is_left() {
        let line = |text: &str| Node::line(text);
        let program = vec![
            line("a"),
            Node::block("if {", vec![line("b"), Node::or("key 1".into(), "key".into()), line("c")]),
            line("d"),
        ];
        let small = shrink(program, &mut |nodes| print(nodes).contains("key"));
        assert_eq!(print(&small), "key\n");
    }
}
