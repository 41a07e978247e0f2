//! Seeds -> inputs near them, the same on every machine: a small fuzzer for every `make test`.

/// What parsers here look for, and what has broken others.
const TOKENS: [&str; 40] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ",",
    ";",
    ":",
    "#",
    "-",
    "/",
    "*",
    "|",
    "=",
    "\n",
    "\r\n",
    "\0",
    " ",
    "\t",
    "null",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "{}",
    "[]",
    "\"\"",
    "{code}",
    "{{",
    "[[sink]]",
    "://",
    "rel=\"next\"",
    "```",
    "<!--",
    "-->",
    "ü",
    "\u{1F3F4}",
];

/// A stream of numbers from one (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).unwrap_or(0)
    }

    /// A range within a text of this length, mostly a short one.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let long = self.below(8) == 0;
        let longest = (length - start).min(if long { length } else { 12 });
        start..start + self.below(longest + 1)
    }
}

/// The input with one to four things changed; `other` lends a piece of itself.
pub(super) fn mutate(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(changed.len() + 1);
        let range = dice.range(changed.len());
        match dice.below(7) {
            0 if place < changed.len() => changed[place] ^= 1 << dice.below(8),
            1 => changed.truncate(place),
            2 => drop(changed.drain(range)),
            3 => {
                let piece = changed[range].repeat(1 + dice.below(3));
                drop(changed.splice(place..place, piece));
            }
            4 => drop(changed.splice(range, TOKENS[dice.below(TOKENS.len())].bytes())),
            5 => drop(changed.splice(range, other[dice.range(other.len())].iter().copied())),
            _ => drop(changed.splice(place..place, TOKENS[dice.below(TOKENS.len())].bytes())),
        }
    }
    changed
}
