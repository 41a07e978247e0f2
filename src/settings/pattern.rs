//! Names with `*` in them: which names they fit, how closely, and whether two of them could fit the same one.

/// How closely a pattern names something: whether it has no `*`, then how many characters it gives.
pub(super) type Closeness = (bool, usize);

/// How closely a pattern names something, if it fits it. Case doesn't count.
pub(super) fn closeness(pattern: &str, name: &str) -> Option<Closeness> {
    fits(pattern, name).then(|| closeness_of(pattern))
}

/// How closely a pattern names all that it fits.
pub(super) fn closeness_of(pattern: &str) -> Closeness {
    (!is_open(pattern), pattern.chars().filter(|c| *c != '*').count())
}

/// Whether it stands for more than one name.
pub(super) fn is_open(pattern: &str) -> bool {
    pattern.contains('*')
}

/// Whether a name fits a pattern: `*` stands for any characters, none included; case doesn't count.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    overlap(pattern, name)
}

/// Whether some name fits both patterns. Case doesn't count.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let chars = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (one, other) = (chars(one), chars(other));
    // below[j]: whether what is left of `one` behind the present place overlaps with other[j..].
    let mut below: Vec<bool> = Vec::new();
    for i in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            let (a, b) = (one.get(i), other.get(j));
            row[j] = match (a, b) {
                (None, None) => true,
                (Some('*'), Some('*')) => below[j] || row[j + 1],
                (Some('*'), _) => below[j] || (b.is_some() && row[j + 1]),
                (_, Some('*')) => row[j + 1] || (a.is_some() && below[j]),
                (Some(a), Some(b)) => a == b && below[j + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("a:b", "a:b", true),
            ("a:b", "A:B", true),
            ("a:b*", "a:b", true),
            ("a:*b", "a:b", true),
            ("a:*b*c", "a:xbxbc", true),
            ("a:*b*c", "a:xc", false),
            ("a:b*b", "a:b", false),
            ("*", "a:b", true),
            ("**", "", true),
            ("", "", true),
            ("", "a", false),
            ("a:*-x-*-y", "a:1-x-2-y", true),
            ("a:*-x-*-y", "a:1-x-y", false),
            ("a:b", "a:bc", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_overlap_where_one_name_fits_both() {
        for (one, other, expected) in [
            ("acme/pay-*", "acme/*-archive", true),
            ("acme/pay-*", "acme/api-*", false),
            ("acme/*", "other/*", false),
            ("acme/*-a", "acme/*-b", false),
            ("acme/*a*", "acme/*b*", true),
            ("acme/a*", "acme/a", true),
            ("*", "", true),
            ("a*c", "ab*", true),
            ("a*c", "b*", false),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
