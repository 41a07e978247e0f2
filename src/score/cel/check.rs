//! Expression -> its shape: every name is known, every type fits, nothing is null by surprise, and the steps are counted.

use ::cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, SelectExpr, operators};

use super::calls;
use super::shape::{Kind, LIST_MAX, Scalar, Shape, TEXT_MAX_BYTES};
use super::variables::{FIELDS, VARIABLES, find};
use super::{Reads, Wrong};

/// The most steps that one rule may take for one item, about 20 milliseconds at the very worst.
pub const STEPS_MAX: u64 = 100_000;

/// How deep parts may stand in each other: the interpreter takes up to 20 KB of stack for each in a build without
/// optimisation. `&&` and `||` make a flat tree of a long chain, so this limits `a + b + …` and brackets.
const TREE_DEPTH_MAX: usize = 32;

pub(super) type Checked = Result<Shape, Wrong>;

/// Walks an expression once. What it finds right it rewrites so that each variable is one name: `item.labels` is looked up
/// in one step, and so is a field, which is null where it has nothing.
#[derive(Default)]
pub(super) struct Checker {
    /// What the expression reads.
    pub reads: Reads,
    /// Names that comprehensions bind, innermost last.
    bound: Vec<(String, Shape)>,
    /// Variables that are not null here, by what was asked before.
    known: Vec<String>,
    /// Parts around this one.
    depth: usize,
}

impl Checker {
    /// The whole expression: true or false, within the steps.
    pub(super) fn whole(&mut self, expr: &mut IdedExpr) -> Checked {
        let shape = self.check(expr)?;
        if shape.kind != Kind::One(Scalar::Bool) {
            let problem = format!("it is {} and must be true or false", shape.kind);
            return Err(Wrong::new(problem, "compare it with something, for example == 'bug' or > 3"));
        }
        if shape.steps > STEPS_MAX {
            let problem = format!("it could take {} steps for one item and may take {STEPS_MAX}", shape.steps);
            return Err(Wrong::new(problem, "go through fewer lists inside each other"));
        }
        Ok(shape)
    }

    pub(super) fn check(&mut self, expr: &mut IdedExpr) -> Checked {
        if self.depth == TREE_DEPTH_MAX {
            let problem = format!("its parts stand more than {TREE_DEPTH_MAX} deep in each other");
            return Err(Wrong::new(problem, "chain fewer operators and functions, or make two rules of it"));
        }
        self.depth += 1;
        let checked = self.part(expr);
        self.depth -= 1;
        checked
    }

    fn part(&mut self, expr: &mut IdedExpr) -> Checked {
        if let Some(path) = self.path(&expr.expr) {
            return self.variable(expr, &path);
        }
        match &mut expr.expr {
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.bound(name),
            Expr::Select(select) if select.test => {
                let Some(path) = self.path_of_select(select) else { return Err(no_test()) };
                expr.expr = self.is_there(path)?;
                Ok(Shape::bool(3))
            }
            Expr::Select(select) => Err(Wrong::new(
                format!("nothing is known behind .{}", cut(&select.field)),
                "write a variable of docs/configuration.md, for example item.labels",
            )),
            Expr::Call(call) => match field_test(call) {
                Some(path) => {
                    expr.expr = self.is_there(path)?;
                    Ok(Shape::bool(3))
                }
                None => self.call(call),
            },
            Expr::List(list) => self.list(list),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(Wrong::new("braces make a map or a message, which no rule needs", "write a list: ['a', 'b']"))
            }
        }
    }

    /// A variable by its whole name, which then stands there.
    fn variable(&mut self, expr: &mut IdedExpr, path: &str) -> Checked {
        let kind = self.read(path)?;
        expr.expr = Expr::Ident(path.to_owned());
        Ok(match kind {
            Kind::Maybe(scalar) if self.known.iter().any(|known| known == path) => {
                Shape { kind: Kind::One(scalar), ..Shape::given(kind) }
            }
            _ => Shape::given(kind),
        })
    }

    /// Whether a variable isn't null, as an expression.
    fn is_there(&mut self, path: String) -> Result<Expr, Wrong> {
        if !matches!(self.read(&path)?, Kind::Maybe(_)) {
            return Err(no_test());
        }
        let of = |expr: Expr| IdedExpr { id: 0, expr };
        let args = vec![of(Expr::Ident(path)), of(Expr::Literal(LiteralValue::Null))];
        Ok(Expr::Call(CallExpr { func_name: operators::NOT_EQUALS.to_owned(), target: None, args }))
    }

    fn read(&mut self, path: &str) -> Result<Kind, Wrong> {
        if let Some(id) = path.strip_prefix(FIELDS).and_then(|rest| rest.strip_prefix('.')) {
            let number = id.strip_prefix("customfield_").unwrap_or_default();
            if number.is_empty() || number.len() > 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                let problem = format!("{} is not the id of a custom field", cut(id));
                return Err(Wrong::new(problem, "write it as Jira has it: item.fields.customfield_10050"));
            }
            self.reads.fields.insert(id.to_owned());
            return Ok(Kind::Maybe(Scalar::Text));
        }
        if let Some(at) = find(path) {
            self.reads.variables.insert(at);
            return Ok(VARIABLES[at].kind);
        }
        if path == FIELDS {
            let next = "name a field, for example item.fields.customfield_10050 == 'gold'";
            return Err(Wrong::new("item.fields is no value by itself", next));
        }
        let known = VARIABLES.iter().map(|variable| variable.name);
        let near = known.map(|known| (strsim::jaro_winkler(path, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
        let near = near.map_or("item.labels", |(_, near)| near);
        Err(Wrong::new(format!("{} is not a variable", cut(path)), format!("did you mean {near}?")))
    }

    /// The whole name that stands here, if it is one of an item's: `item.labels`, `item.fields.customfield_1`.
    fn path(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Ident(name) if name.starts_with("item.") => Some(name.clone()),
            Expr::Ident(name) if name == "item" => Some(name.clone()),
            Expr::Select(select) if !select.test => self.path_of_select(select),
            Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
                let [of, key] = &call.args[..] else { return None };
                let Expr::Literal(LiteralValue::String(key)) = &key.expr else { return None };
                self.path(&of.expr).filter(|of| of == FIELDS).map(|of| format!("{of}.{}", key.inner()))
            }
            _ => None,
        }
    }

    fn path_of_select(&self, select: &SelectExpr) -> Option<String> {
        self.path(&select.operand.expr).map(|of| format!("{of}.{}", select.field))
    }

    fn bound(&self, name: &str) -> Checked {
        match self.bound.iter().rev().find(|(bound, _)| bound == name) {
            Some((_, shape)) => Ok(*shape),
            None => {
                let item = format!("item.{name}");
                let near = if find(&item).is_some() { item } else { "item.labels".to_owned() };
                Err(Wrong::new(format!("{} is not a variable", cut(name)), format!("did you mean {near}?")))
            }
        }
    }

    fn list(&mut self, list: &mut ListExpr) -> Checked {
        let mut whole = Shape { kind: Kind::List(None), len: list.elements.len() as u64, each: 1, steps: 1 };
        if list.elements.len() > LIST_MAX {
            let problem = format!("a list has {} values and may have {LIST_MAX}", list.elements.len());
            return Err(Wrong::new(problem, "make two rules of it"));
        }
        for element in &mut list.elements {
            let shape = self.check(element)?;
            let Kind::One(scalar) = shape.kind else {
                let problem = format!("a list holds {}", shape.kind);
                return Err(Wrong::new(problem, "put single values into it"));
            };
            if !matches!(whole.kind, Kind::List(None)) && whole.kind != Kind::List(Some(scalar)) {
                return Err(Wrong::new("a list holds values of different types", "let all of them be of one type"));
            }
            whole.kind = Kind::List(Some(scalar));
            whole.each = whole.each.max(shape.len);
            whole.steps = whole.steps.saturating_add(shape.steps).saturating_add(1 + shape.weight());
        }
        Ok(whole)
    }

    /// `all`, `exists`, `exists_one`, `filter` and `map`, as the parser writes them out.
    fn comprehension(&mut self, comprehension: &mut ComprehensionExpr) -> Checked {
        let over = self.check(&mut comprehension.iter_range)?;
        let Some(element) = over.element().filter(|_| comprehension.iter_var2.is_none()) else {
            let problem = format!("it goes through {}, which is no list", over.kind);
            return Err(Wrong::new(problem, "go through a list such as item.labels"));
        };
        if comprehension.iter_var == "item" {
            return Err(Wrong::new("item is taken", "give the list's values another name"));
        }
        let start = self.check(&mut comprehension.accu_init)?;
        let depth = self.bound.len();
        self.bound.push((comprehension.iter_var.clone(), element));
        self.bound.push((comprehension.accu_var.clone(), start));
        let turn = self.check(&mut comprehension.loop_cond).and_then(|until| {
            let step = self.check(&mut comprehension.loop_step)?;
            Ok((until, step))
        });
        self.bound.truncate(depth);
        let (until, step) = turn?;
        if let Kind::One(Scalar::Bool) = start.kind
            && step.kind != start.kind
        {
            return Err(Wrong::new(format!("it asks {} of each value", step.kind), "ask what is true or false"));
        }
        let len = if matches!(step.kind, Kind::List(_)) { over.len } else { step.len };
        let gathered = Shape { len, steps: 1, ..step };
        self.bound.push((comprehension.accu_var.clone(), gathered));
        let result = self.check(&mut comprehension.result);
        self.bound.truncate(depth);
        let result = result?;
        let turn = until.steps.saturating_add(step.steps).saturating_add(3 + element.weight());
        let steps = over.steps.saturating_add(over.len.saturating_mul(turn)).saturating_add(result.steps);
        Ok(Shape { steps, ..result })
    }

    fn call(&mut self, call: &mut CallExpr) -> Checked {
        if call.target.is_none() {
            match (call.func_name.as_str(), &mut call.args[..]) {
                (operators::LOGICAL_AND, [left, right]) => return self.logical(left, right, true),
                (operators::LOGICAL_OR, [left, right]) => return self.logical(left, right, false),
                (operators::CONDITIONAL, [which, one, other]) => return self.choice(which, one, other),
                (operators::DIVIDE | operators::MODULO, [_, by]) => divides(by)?,
                _ => {}
            }
        }
        let target = call.target.as_mut().map(|target| self.check(target)).transpose()?;
        let args = call.args.iter_mut().map(|arg| self.check(arg)).collect::<Result<Vec<Shape>, Wrong>>()?;
        let shape = calls::result(&call.func_name, target, &args)?;
        let steps = target.iter().chain(&args).fold(shape.steps, |steps, part| steps.saturating_add(part.steps));
        if shape.kind == Kind::One(Scalar::Text) && shape.len > TEXT_MAX_BYTES as u64 * 4 {
            let problem = format!("it puts together a text of up to {} bytes", shape.len);
            return Err(Wrong::new(problem, "put fewer texts together"));
        }
        Ok(Shape { steps, ..shape })
    }

    fn logical(&mut self, left: &mut IdedExpr, right: &mut IdedExpr, and: bool) -> Checked {
        let first = truth(self.check(left)?)?;
        // What stands on the right is asked only where the left leaves it open.
        let second = truth(self.supposing(&left.expr, and, |it| it.check(right))?)?;
        Ok(Shape::bool(first.steps.saturating_add(second.steps).saturating_add(1)))
    }

    fn choice(&mut self, which: &mut IdedExpr, one: &mut IdedExpr, other: &mut IdedExpr) -> Checked {
        let asked = truth(self.check(which)?)?;
        let first = self.supposing(&which.expr, true, |it| it.check(one))?;
        let second = self.supposing(&which.expr, false, |it| it.check(other))?;
        let kind = match (first.kind, second.kind) {
            (one, other) if one == other => one,
            (Kind::List(None), list @ Kind::List(_)) | (list @ Kind::List(_), Kind::List(None)) => list,
            (one, other) => {
                let problem = format!("one side of ?: is {one} and the other {other}");
                return Err(Wrong::new(problem, "let both be of one type"));
            }
        };
        let steps = asked.steps.saturating_add(first.steps.max(second.steps)).saturating_add(1);
        Ok(Shape { kind, len: first.len.max(second.len), each: first.each.max(second.each), steps })
    }

    /// Checks with what is known once an expression is true, or false.
    fn supposing(&mut self, expr: &Expr, truth: bool, check: impl FnOnce(&mut Self) -> Checked) -> Checked {
        let before = self.known.len();
        there_if(expr, truth, &mut self.known);
        let checked = check(self);
        self.known.truncate(before);
        checked
    }
}

/// Variables that aren't null where a (checked) expression is true, or false.
fn there_if(expr: &Expr, truth: bool, known: &mut Vec<String>) {
    let Expr::Call(call) = expr else { return };
    match (call.func_name.as_str(), &call.args[..], truth) {
        (operators::LOGICAL_AND, [left, right], true) | (operators::LOGICAL_OR, [left, right], false) => {
            there_if(&left.expr, truth, known);
            there_if(&right.expr, truth, known);
        }
        (operators::LOGICAL_NOT, [inner], _) => there_if(&inner.expr, !truth, known),
        (operators::NOT_EQUALS, [one, other], true) | (operators::EQUALS, [one, other], false) => {
            match (&one.expr, &other.expr) {
                (Expr::Ident(name), Expr::Literal(LiteralValue::Null))
                | (Expr::Literal(LiteralValue::Null), Expr::Ident(name)) => known.push(name.clone()),
                _ => {}
            }
        }
        _ => {}
    }
}

/// `'customfield_1' in item.fields` -> the field's whole name.
fn field_test(call: &CallExpr) -> Option<String> {
    let [key, of] = &call.args[..] else { return None };
    let (Expr::Literal(LiteralValue::String(key)), Expr::Select(of)) = (&key.expr, &of.expr) else { return None };
    let is_item = matches!(&of.operand.expr, Expr::Ident(name) if name == "item");
    (call.func_name == operators::IN && is_item && of.field == "fields").then(|| format!("{FIELDS}.{}", key.inner()))
}

fn no_test() -> Wrong {
    Wrong::new("has() asks for what is always there or not known", "write has(item.fields.customfield_10050)")
}

fn truth(shape: Shape) -> Checked {
    if shape.kind == Kind::One(Scalar::Bool) {
        return Ok(shape);
    }
    let problem = format!("{} stands where true or false must", shape.kind);
    Err(Wrong::new(problem, "compare it with something, for example == 'bug' or > 3"))
}

/// What is divided by: a number that isn't 0, as written.
fn divides(by: &IdedExpr) -> Result<(), Wrong> {
    let fine = match &by.expr {
        Expr::Literal(LiteralValue::Int(number)) => *number.inner() != 0,
        Expr::Literal(LiteralValue::Double(number)) => *number.inner() != 0.0,
        _ => false,
    };
    if fine { Ok(()) } else { Err(Wrong::new("it divides by what may be 0", "divide by a number, for example 7")) }
}

fn of_literal(literal: &LiteralValue) -> Checked {
    Ok(match literal {
        LiteralValue::Boolean(_) => Shape::bool(1),
        LiteralValue::Int(_) => Shape::plain(Kind::One(Scalar::Int), 1),
        LiteralValue::Double(_) => Shape::plain(Kind::One(Scalar::Double), 1),
        LiteralValue::Null => Shape::plain(Kind::Null, 1),
        LiteralValue::String(text) => {
            Shape { len: text.inner().len() as u64, ..Shape::plain(Kind::One(Scalar::Text), 1) }
        }
        LiteralValue::UInt(_) => return Err(Wrong::new("a number ends with u", "write it without: 3")),
        LiteralValue::Bytes(_) => return Err(Wrong::new("a text is written as bytes", "write it without the b: 'a'")),
    })
}

/// A name as a finding shows it.
fn cut(name: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 60;
    let mut cut: String = name.chars().filter(|c| !c.is_control()).take(SHOWN_MAX_CHARS).collect();
    if cut.len() < name.len() {
        cut.push('…');
    }
    cut
}
