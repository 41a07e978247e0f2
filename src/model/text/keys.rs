//! A line -> the keys of issues in it, as people and trackers write them.

/// A key without its tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// `PAY-7`.
    Jira(String),
    /// `acme/api#7`.
    Github(String),
}

impl Key {
    pub(super) fn into_local(self) -> String {
        let (Self::Jira(local) | Self::Github(local)) = self;
        local
    }
}

/// Digits in the longest number that an issue may have.
const NUMBER_DIGITS_MAX: usize = 10;
/// Characters in the longest project key.
const PROJECT_CHARS_MAX: usize = 32;

/// Calls `found` with every key of the line in order, and counts the links in it.
pub(super) fn each(line: &str, here: Option<&str>, mut found: impl FnMut(Key)) -> u32 {
    let bytes = line.as_bytes();
    let (mut links, mut at) = (0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'h' && is_url(&bytes[at..]) && !word_before(line, at) {
            let end = url_end(bytes, at);
            links += 1;
            if let Some(key) = of_url(&line[at..end]) {
                found(key);
            }
            at = end;
        } else if byte == b'#' {
            if let Some((_, end, key)) = github_at(line, at, here) {
                found(key);
                at = end;
            } else {
                at += 1;
            }
        } else if byte.is_ascii_uppercase() {
            let run = project_end(bytes, at);
            match jira_at(line, at) {
                Some(end) => {
                    found(Key::Jira(line[at..end].to_owned()));
                    at = end;
                }
                // Past the whole word, so that no part of it is taken for a key.
                None => at = run.max(at + 1),
            }
        } else {
            at += 1;
        }
    }
    links
}

/// The key that the whole text is: a key or the address of an issue.
pub(super) fn whole(text: &str, here: Option<&str>) -> Option<Key> {
    if is_url(text.as_bytes()) {
        return (url_end(text.as_bytes(), 0) == text.len()).then(|| of_url(text)).flatten();
    }
    if let Some(hash) = text.find('#') {
        let (start, end, key) = github_at(text, hash, here)?;
        return (start == 0 && end == text.len()).then_some(key);
    }
    (jira_at(text, 0)? == text.len()).then(|| Key::Jira(text.to_owned()))
}

/// The key of a line that says nothing but `Jira: PAY-7` or `GitHub: acme/api#7`. A quoted line is somebody else's.
pub(super) fn explicit(line: &str, here: Option<&str>) -> Option<Key> {
    const MARKS: [char; 3] = ['*', '_', ' '];
    let line = super::shapes::without_bullet(line.trim()).trim_matches(MARKS);
    let (word, value) = line.split_once(':')?;
    let word = word.trim_matches(MARKS);
    let value = value.trim_matches(MARKS).trim_end_matches('.');
    let key = link_target(value).or_else(|| whole(value, here)).or_else(|| {
        // On a line of its own, `Jira: pay-7` can mean nothing else.
        whole(&value.to_ascii_uppercase(), None).filter(|key| matches!(key, Key::Jira(_)))
    })?;
    let named = match key {
        Key::Jira(_) => "jira",
        Key::Github(_) => "github",
    };
    word.eq_ignore_ascii_case(named).then_some(key)
}

/// The key of `<https://…>` or of `[PAY-7](https://…/browse/PAY-7)`; a text that names another key makes it nobody's.
fn link_target(value: &str) -> Option<Key> {
    if let Some(address) = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        return whole(address, None);
    }
    let (text, address) = value.strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    let key = whole(address, None)?;
    whole(text, None).is_none_or(|said| said == key).then_some(key)
}

fn is_url(bytes: &[u8]) -> bool {
    bytes.starts_with(b"https://") || bytes.starts_with(b"http://")
}

fn url_end(bytes: &[u8], start: usize) -> usize {
    let stops = |byte: &u8| !byte.is_ascii_graphic() || b"()<>[]{}\"'`|\\^*".contains(byte);
    bytes[start..].iter().position(stops).map_or(bytes.len(), |length| start + length)
}

/// The issue that an address names: `…/acme/api/issues/7` on any host, or `…/browse/PAY-7`.
fn of_url(url: &str) -> Option<Key> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut segments = path.splitn(9, '/');
    let first = [segments.next(), segments.next(), segments.next(), segments.next()];
    if let [Some(owner), Some(repository), Some("issues"), Some(number)] = first {
        let digits = number_end(number.as_bytes(), 0)?;
        let clean = owner.bytes().all(is_owner) && repository.bytes().all(is_repository);
        return (clean && !owner.is_empty() && !repository.is_empty() && !word_after(number, digits))
            .then(|| Key::Github(format!("{owner}/{repository}#{}", &number[..digits])));
    }
    let mut after = path.split('/').take(9).skip_while(|segment| *segment != "browse").skip(1);
    let key = after.next()?;
    let end = jira_at(key, 0)?;
    Some(Key::Jira(key[..end].to_owned()))
}

/// The end of the Jira key that starts here, if one does.
fn jira_at(line: &str, start: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    if !bytes.get(start)?.is_ascii_uppercase() || word_before(line, start) {
        return None;
    }
    let dash = project_end(bytes, start);
    let long_enough = (2..=PROJECT_CHARS_MAX).contains(&(dash - start));
    if !long_enough || bytes.get(dash) != Some(&b'-') {
        return None;
    }
    number_end(bytes, dash + 1).filter(|end| !word_after(line, *end))
}

fn project_end(bytes: &[u8], start: usize) -> usize {
    let stops = |byte: &u8| !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    bytes[start..].iter().position(stops).map_or(bytes.len(), |length| start + length)
}

/// The GitHub key around the `#` that stands at `hash`: its start, its end and itself.
fn github_at(line: &str, hash: usize, here: Option<&str>) -> Option<(usize, usize, Key)> {
    let bytes = line.as_bytes();
    let end = number_end(bytes, hash + 1).filter(|end| !word_after(line, *end))?;
    let repository = back_while(bytes, hash, is_repository);
    if repository == hash {
        let apart = hash == 0 || (!b"&/#".contains(&bytes[hash - 1]) && !word_before(line, hash));
        return here.filter(|_| apart).map(|here| (hash, end, Key::Github(format!("{here}{}", &line[hash..end]))));
    }
    if repository == 0 || bytes[repository - 1] != b'/' {
        return None;
    }
    let owner = back_while(bytes, repository - 1, is_owner);
    if owner == repository - 1 || word_before(line, owner) {
        return None;
    }
    Some((owner, end, Key::Github(line[owner..end].to_owned())))
}

fn back_while(bytes: &[u8], end: usize, belongs: fn(u8) -> bool) -> usize {
    let run = bytes[..end].iter().rev().take_while(|byte| belongs(**byte)).count();
    end - run
}

fn is_owner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_repository(byte: u8) -> bool {
    is_owner(byte) || byte == b'.'
}

/// The end of the number that starts here; none for 0, leading zeros and absurdly long ones.
fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = bytes.get(start..)?.iter().take(NUMBER_DIGITS_MAX + 1).take_while(|b| b.is_ascii_digit()).count();
    ((1..=NUMBER_DIGITS_MAX).contains(&digits) && bytes[start] != b'0').then_some(start + digits)
}

/// Whether what stands before is part of the same word, path or entity.
fn word_before(line: &str, at: usize) -> bool {
    line[..at].chars().next_back().is_some_and(|c| in_word(c) || "-/.#@&=%+".contains(c))
}

fn word_after(line: &str, at: usize) -> bool {
    let mut after = line[at..].chars();
    match after.next() {
        Some('-' | '/' | '@') => after.next().is_some_and(in_word),
        // "ABC-1.2" is a version.
        Some('.') => after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => in_word(c),
        None => false,
    }
}

/// Scripts that are written without spaces don't glue words together.
fn in_word(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && !super::shapes::is_spaceless(c))
}
