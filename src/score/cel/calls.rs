//! Operators and functions that an expression may use: what they take, what comes out, and how many steps that is.

use ::cel::common::ast::operators;

use super::Wrong;
use super::check::Checked;
use super::shape::{Kind, LIST_MAX, Scalar, Shape};

const BOOL: Kind = Kind::One(Scalar::Bool);
const INT: Kind = Kind::One(Scalar::Int);
const DOUBLE: Kind = Kind::One(Scalar::Double);
const TEXT: Kind = Kind::One(Scalar::Text);

/// A number in text: an integer or a fraction with its sign.
const NUMBER_MAX_BYTES: u64 = 32;

/// Every function, how it is written and what it says: for the documentation.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("a && b, a || b, !a, a ? b : c", "and, or, not, either"),
    ("a == b, a != b, a < b, a <= b, a > b, a >= b", "comparison; int and double compare with each other"),
    ("a + b, a - b, a * b, a / 7, a % 7", "reckoning with numbers of one type; + joins texts and lists, too"),
    ("a in list", "whether a list holds it"),
    ("size(a)", "characters of a text, values of a list"),
    ("a.contains('b'), a.startsWith('b'), a.endsWith('b')", "whether a text has another in it"),
    ("a.lowerAscii()", "the text with A to Z in lower case"),
    (
        "int(a), double(a), string(a)",
        "the same as another type; a text that is no number makes the rule fail for that item",
    ),
    (
        "list.exists(x, …), list.all(x, …), list.exists_one(x, …)",
        "whether it holds for any, for all, for one of its values",
    ),
    ("list.filter(x, …), list.map(x, …)", "another list of it"),
    ("has(item.fields.ID)", "whether a field has a value"),
];

/// What a call gives: the steps are its own, without those of its parts.
pub(super) fn result(name: &str, target: Option<Shape>, args: &[Shape]) -> Checked {
    match (name, target, args) {
        (operators::LOGICAL_NOT, None, [one]) if one.kind == BOOL => Ok(Shape::bool(1)),
        (operators::NOT_STRICTLY_FALSE, None, [one]) if one.kind == BOOL => Ok(Shape::bool(1)),
        (operators::NEGATE, None, [one]) if one.kind == INT || one.kind == DOUBLE => Ok(Shape::plain(one.kind, 1)),
        (operators::EQUALS | operators::NOT_EQUALS, None, [one, other]) => equal(*one, *other),
        (
            operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
            None,
            [one, other],
        ) => ordered(*one, *other),
        (operators::ADD, None, [one, other]) => added(*one, *other),
        (operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE, None, [one, other]) => reckoned(*one, *other),
        (operators::MODULO, None, [one, other]) if one.kind == INT && other.kind == INT => Ok(Shape::plain(INT, 1)),
        (operators::IN, None, [one, list]) => held(*one, *list),
        (operators::INDEX, None, _) => {
            Err(Wrong::new("it takes one value of a list by its place", "ask with in, exists, all or size"))
        }
        ("size", None, &[of]) | ("size", Some(of), &[]) if of.kind == TEXT || matches!(of.kind, Kind::List(_)) => {
            Ok(Shape::plain(INT, 1 + of.weight()))
        }
        ("contains" | "startsWith" | "endsWith", Some(of), [part]) if of.kind == TEXT && part.kind == TEXT => {
            Ok(Shape::bool(1 + (of.len + part.len) / 64))
        }
        ("lowerAscii", Some(of), []) if of.kind == TEXT => Ok(Shape { steps: 1 + of.len / 64, ..of }),
        ("int" | "double", None, [of]) if [INT, DOUBLE, TEXT].contains(&of.kind) => {
            Ok(Shape::plain(if name == "int" { INT } else { DOUBLE }, 1 + of.len / 64))
        }
        ("string", None, [of]) if [BOOL, INT, DOUBLE, TEXT].contains(&of.kind) => {
            Ok(Shape { kind: TEXT, len: of.len.max(NUMBER_MAX_BYTES), each: 1, steps: 1 })
        }
        _ => Err(unfit(name, target, args)),
    }
}

fn equal(one: Shape, other: Shape) -> Checked {
    let fits = match (one.kind, other.kind) {
        (Kind::Maybe(_), Kind::Null) | (Kind::Null, Kind::Maybe(_)) => true,
        (Kind::One(one) | Kind::Maybe(one), Kind::One(other) | Kind::Maybe(other)) => {
            one == other || (is_number(one) && is_number(other))
        }
        (Kind::List(one), Kind::List(other)) => one == other || one.is_none() || other.is_none(),
        (Kind::One(_), Kind::Null) | (Kind::Null, Kind::One(_)) => {
            return Err(Wrong::new("it compares with null what is never null", "take that comparison out"));
        }
        _ => false,
    };
    if fits { Ok(Shape::bool(1 + one.weight().min(other.weight()))) } else { Err(mixed(one, other)) }
}

fn ordered(one: Shape, other: Shape) -> Checked {
    match (one.kind, other.kind) {
        (Kind::One(Scalar::Bool), _) => Err(mixed(one, other)),
        (Kind::One(first), Kind::One(second)) if first == second || (is_number(first) && is_number(second)) => {
            // The interpreter makes ready what it would say if they didn't compare.
            Ok(Shape::bool(2 + one.weight().min(other.weight())))
        }
        _ => Err(mixed(one, other)),
    }
}

fn added(one: Shape, other: Shape) -> Checked {
    let len = one.len.saturating_add(other.len);
    match (one.kind, other.kind) {
        (TEXT, TEXT) => Ok(Shape { kind: TEXT, len, each: 1, steps: 1 + len / 64 }),
        (Kind::List(first), Kind::List(second)) if first.is_none() || second.is_none() || first == second => {
            let each = one.each.max(other.each);
            if len > 4 * LIST_MAX as u64 {
                return Err(Wrong::new("it puts too long a list together", "put fewer lists together"));
            }
            Ok(Shape { kind: Kind::List(first.or(second)), len, each, steps: 1 + len * (1 + each / 256) })
        }
        _ => reckoned(one, other),
    }
}

fn reckoned(one: Shape, other: Shape) -> Checked {
    match (one.kind, other.kind) {
        (INT, INT) => Ok(Shape::plain(INT, 1)),
        (DOUBLE, DOUBLE) => Ok(Shape::plain(DOUBLE, 1)),
        (INT, DOUBLE) | (DOUBLE, INT) => {
            Err(Wrong::new("it reckons with int and double at once", "make both double: double(a), 3.0"))
        }
        _ => Err(mixed(one, other)),
    }
}

fn held(one: Shape, list: Shape) -> Checked {
    match (one.kind, list.kind) {
        (Kind::One(first), Kind::List(second)) if second.is_none_or(|second| first == second) => {
            Ok(Shape::bool(1 + list.weight()))
        }
        (_, Kind::List(_)) => Err(mixed(one, list)),
        _ => Err(Wrong::new(
            format!("in asks {}, which is no list", list.kind),
            "ask a list, or a text with .contains('…')",
        )),
    }
}

fn is_number(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Int | Scalar::Double)
}

fn mixed(one: Shape, other: Shape) -> Wrong {
    let problem = format!("{} and {} don't go together", one.kind, other.kind);
    match [one.kind, other.kind].into_iter().any(|kind| matches!(kind, Kind::Maybe(_))) {
        true => Wrong::new(problem, MAY_BE_NULL),
        false => Wrong::new(problem, "compare values of one type, as docs/configuration.md lists them"),
    }
}

const MAY_BE_NULL: &str =
    "ask first whether it is there, for example item.due_days != null && item.due_days < 7, has(item.fields.ID) && …";

fn unfit(name: &str, target: Option<Shape>, args: &[Shape]) -> Wrong {
    let known = ["size", "contains", "startsWith", "endsWith", "lowerAscii", "int", "double", "string"];
    let kinds: Vec<String> = target.iter().chain(args).map(|shape| shape.kind.to_string()).collect();
    let of = kinds.join(", ");
    let is_operator = name.starts_with(['_', '!', '-', '@']);
    if !is_operator && !known.contains(&name) {
        let name: String = name.chars().take(40).collect();
        let next = format!("these are: {}, and exists, all, exists_one, filter, map of lists", known.join(", "));
        return Wrong::new(format!("{name}() is not a function here"), next);
    }
    let name = name.trim_matches(['_', '@']);
    if target.iter().chain(args).any(|shape| matches!(shape.kind, Kind::Maybe(_))) {
        return Wrong::new(format!("{name} doesn't take {of}"), MAY_BE_NULL);
    }
    Wrong::new(format!("{name} doesn't take {of}"), "use it as docs/configuration.md shows it")
}
