//! Secret, body, header -> whether the tracker signed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tracing::warn;

use crate::model::TrackerName;
use crate::settings::WEBHOOK_SECRET_CHARS_MIN;
use crate::tracker::Secret;

/// A file with another secret is looked at so often at most: whoever sends what isn't signed decides when.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// HMAC-SHA256, as bytes.
pub(super) type Tag = [u8; 32];

/// The tag behind `sha256=`, in hexadecimal digits of either case. None: the header says something else.
pub(super) fn tag(header: &[u8]) -> Option<Tag> {
    let digits: &[u8; 64] = header.strip_prefix(b"sha256=")?.try_into().ok()?;
    let mut tag = [0; 32];
    for (byte, pair) in tag.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(tag)
}

/// Whether this key signed this body; takes as long whatever differs.
fn fits(key: &SecretString, body: &[u8], tag: &Tag) -> bool {
    // HMAC takes a key of any length, so there is no error here.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else { return false };
    mac.chain_update(body).verify_slice(tag).is_ok()
}

/// The secrets that were read, by tracker.
#[derive(Default)]
pub(super) struct Keys(Mutex<BTreeMap<TrackerName, Known>>);

#[derive(Clone)]
struct Known {
    whence: Secret,
    key: Option<SecretString>,
    looked: Instant,
}

impl Keys {
    /// Whether the tracker signed this body. Where it seems not, the secret is read anew: it may have been replaced.
    pub(super) fn signed(&self, tracker: &TrackerName, whence: &Secret, body: &[u8], tag: &Tag) -> bool {
        let known = self.known(tracker, whence);
        let fits_now = |known: &Known| known.key.as_ref().is_some_and(|key| fits(key, body, tag));
        if fits_now(&known) {
            return true;
        }
        known.looked.elapsed() >= LOOK_AGAIN && fits_now(&self.look(tracker, whence))
    }

    fn known(&self, tracker: &TrackerName, whence: &Secret) -> Known {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tracker).cloned();
        known.filter(|known| known.whence == *whence).unwrap_or_else(|| self.look(tracker, whence))
    }

    fn look(&self, tracker: &TrackerName, whence: &Secret) -> Known {
        let long = |key: &SecretString| key.expose_secret().len() >= WEBHOOK_SECRET_CHARS_MIN;
        let key = match whence.read() {
            Ok(key) if long(&key) => Some(key),
            Ok(_) => {
                warn!(
                    "webhooks of {tracker} can't be believed: {whence} has fewer than {WEBHOOK_SECRET_CHARS_MIN} characters and could be guessed; put a longer one there"
                );
                None
            }
            Err(why) => {
                warn!("webhooks of {tracker} can't be believed: {why}");
                None
            }
        };
        let known = Known { whence: whence.clone(), key, looked: Instant::now() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tracker.clone(), known.clone());
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's own example.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNED: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn a_signature_is_sha256_and_64_digits_of_either_case() {
        let read = tag(format!("sha256={SIGNED}").as_bytes()).expect("a tag");
        assert_eq!(read[..2], [0x75, 0x71]);
        assert_eq!(tag(format!("sha256={}", SIGNED.to_uppercase()).as_bytes()), Some(read));
        for wrong in [
            String::new(),
            "sha256=".to_owned(),
            SIGNED.to_owned(),
            format!("sha1={SIGNED}"),
            format!("SHA256={SIGNED}"),
            format!("sha256={}", &SIGNED[1..]),
            format!("sha256={SIGNED}0"),
            format!("sha256={SIGNED} "),
            format!("sha256= {}", &SIGNED[1..]),
            format!("sha256=+{}", &SIGNED[1..]),
            format!("sha256={}g", &SIGNED[1..]),
            format!("sha256=é{}", &SIGNED[2..]),
        ] {
            assert_eq!(tag(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(tag(&[b"sha256=".as_slice(), &[0xff; 64]].concat()), None);
    }

    #[test]
    fn githubs_own_example_fits_and_nothing_beside_it() {
        let read = tag(format!("sha256={SIGNED}").as_bytes()).expect("a tag");
        assert!(fits(&SecretString::from(SECRET), BODY, &read));
        assert!(!fits(&SecretString::from("It's a secret to everybody"), BODY, &read));
        assert!(!fits(&SecretString::from(SECRET), b"Hello, World", &read));
        for bit in 0..256 {
            let mut other = read;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!fits(&SecretString::from(SECRET), BODY, &other), "bit {bit}");
        }
    }

    #[test]
    fn a_replaced_secret_is_read_when_a_signature_fails_once_a_second_at_most() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "the first secret of them").expect("written");
        let (keys, tracker) = (Keys::default(), TrackerName::new("github"));
        let whence = Secret::File(file.path().to_owned());
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key").chain_update(BODY);
        let tag = mac.finalize().into_bytes().into();
        assert!(!keys.signed(&tracker, &whence, BODY, &tag));
        std::fs::write(file.path(), format!("{SECRET}\n")).expect("written");
        assert!(!keys.signed(&tracker, &whence, BODY, &tag), "it was read a moment ago");
        let long_ago = Instant::now().checked_sub(LOOK_AGAIN).expect("the machine runs for longer");
        keys.0.lock().expect("a lock").get_mut(&tracker).expect("known").looked = long_ago;
        assert!(keys.signed(&tracker, &whence, BODY, &tag));
        std::fs::write(file.path(), "short").expect("written");
        assert!(keys.signed(&tracker, &whence, BODY, &tag), "what fits isn't read again");
    }

    #[test]
    fn a_short_secret_signs_nothing() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "short").expect("written");
        let mac = Hmac::<Sha256>::new_from_slice(b"short").expect("a key").chain_update(BODY);
        let tag = mac.finalize().into_bytes().into();
        let whence = Secret::File(file.path().to_owned());
        assert!(!Keys::default().signed(&TrackerName::new("github"), &whence, BODY, &tag));
    }
}
