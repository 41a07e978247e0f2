//! What words of issues say about size before anything is learned: our own judgment.
//!
//! The grades were written down from general knowledge of software work before any statistics of words were looked at, and aren't
//! derived from any tracker's issues. Only how much they count ([`COUNTS`]) was chosen on the public histories, one number for all of them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::rounded;
use crate::model::Bag;

/// How many log-odds of being larger one standard deviation of a project's texts is worth. On parts of the first 80 % of 24 public
/// histories 0.3 and 0.4 did as well.
const COUNTS: f64 = 0.35;
/// A text with few graded words is drawn towards nothing said, as if it had this much more of words of no grade.
const UNSAID: f64 = 3.0;
/// A text is at most this many standard deviations from the middle.
const FAR: f64 = 3.0;
/// The shortest beginning of a word that may be graded.
const STEM_MIN: usize = 3;

/// Where a project's texts lie on the scale of the grades, so that only what sets a text apart from the others counts.
#[derive(Clone, Debug, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    mean: f64,
    /// The standard deviation; 0 where all texts say the same.
    spread: f64,
}

impl Usual {
    /// Of past texts.
    pub fn of(bags: &[&Bag]) -> Self {
        let said: Vec<f64> = bags.iter().map(|bag| said(bag)).collect();
        let count = said.len().max(1) as f64;
        let mean = rounded(said.iter().sum::<f64>() / count);
        let spread = rounded((said.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / count).sqrt());
        Self { mean, spread }
    }

    /// The log-odds of being at or below any size that a text starts with, before words are learned.
    pub fn offset(&self, bag: &Bag) -> f64 {
        -COUNTS * self.scaled(said(bag) - self.mean).clamp(-FAR, FAR)
    }

    /// The part of each graded word of a text in its offset.
    pub fn parts<'a>(&self, bag: &'a Bag) -> Vec<(&'a str, f64)> {
        let graded: Vec<(&str, f64, f64)> = graded(bag).collect();
        let mass = UNSAID + graded.iter().map(|(_, _, count)| count).sum::<f64>();
        graded.into_iter().map(|(term, grade, count)| (term, -COUNTS * self.scaled(grade * count / mass))).collect()
    }

    fn scaled(&self, difference: f64) -> f64 {
        if self.spread > 0.0 { difference / self.spread } else { 0.0 }
    }
}

/// The mean grade of a text's graded words, from small (-2) to large (2), drawn towards 0 where they are few.
fn said(bag: &Bag) -> f64 {
    mean(graded(bag).map(|(_, grade, count)| (grade, count)))
}

fn mean(graded: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, mass) = graded.fold((0.0, UNSAID), |(sum, mass), (grade, count)| (sum + grade * count, mass + count));
    sum / mass
}

/// What a text says by itself: its mean grade, and the words that say so, the strongest first.
pub fn read(bag: &Bag) -> (f64, Vec<&str>) {
    let graded: Vec<(&str, f64, f64)> = graded(bag).collect();
    let grade = mean(graded.iter().map(|(_, grade, count)| (*grade, *count)));
    let mut words: Vec<(&str, f64)> =
        graded.into_iter().map(|(term, of, count)| (term, of * count * grade.signum())).collect();
    words.retain(|(_, strength)| *strength > 0.0);
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    (grade, words.into_iter().map(|(term, _)| term).collect())
}

/// The graded words of a text, each with its grade and 1 + ln(count).
fn graded(bag: &Bag) -> impl Iterator<Item = (&str, f64, f64)> {
    bag.terms().filter_map(|(term, count)| {
        let grade = grade(term);
        (grade != 0.0).then(|| (term, grade, 1.0 + f64::from(count).ln()))
    })
}

/// A word's grade: its own, otherwise that of its longest graded beginning, otherwise 0.
fn grade(term: &str) -> f64 {
    let counts = |entry: &&Entry| if entry.is_whole { term == entry.text } else { term.starts_with(entry.text) };
    // A longer beginning sorts behind a shorter one, and a whole word behind the beginning that is spelled like it.
    LEXICON.beginning_like(term).iter().rev().find(counts).map(|entry| entry.grade).unwrap_or_default()
}

struct Entry {
    text: &'static str,
    /// Whether it is a word; otherwise it stands for any that begins like it.
    is_whole: bool,
    grade: f64,
}

/// Sorted, with where the entries of each beginning of three bytes start: most words of a text have none.
struct Lexicon {
    entries: Vec<Entry>,
    starts: Vec<(u32, usize)>,
}

impl Lexicon {
    fn beginning_like(&self, term: &str) -> &[Entry] {
        let Ok(at) = self.starts.binary_search_by_key(&beginning(term), |(beginning, _)| *beginning) else {
            return &[];
        };
        let start = |at: usize| self.starts.get(at).map_or(self.entries.len(), |(_, start)| *start);
        self.entries.get(start(at)..start(at + 1)).unwrap_or_default()
    }
}

/// The first [`STEM_MIN`] bytes of a word as a number that sorts as they do.
fn beginning(term: &str) -> u32 {
    let mut bytes = term.bytes();
    (0..STEM_MIN).fold(0, |number, _| (number << 8) | u32::from(bytes.next().unwrap_or_default()))
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let words = GRADES.iter().flat_map(|(grade, words)| words.split_ascii_whitespace().map(|word| (*grade, word)));
    let entry = |(grade, word): (f64, &'static str)| match word.strip_suffix('*') {
        Some(text) => Entry { text, is_whole: false, grade },
        None => Entry { text: word, is_whole: true, grade },
    };
    let mut entries: Vec<Entry> = words.map(entry).collect();
    entries.sort_by(|a, b| (a.text, a.is_whole).cmp(&(b.text, b.is_whole)));
    let mut starts: Vec<(u32, usize)> =
        entries.iter().enumerate().map(|(at, entry)| (beginning(entry.text), at)).collect();
    starts.dedup_by_key(|(beginning, _)| *beginning);
    Lexicon { entries, starts }
});

/// From small (-2) to large (2); `*` stands for any ending.
const GRADES: &[(f64, &str)] = &[
    (
        -2.0,
        "bump bumped bumps capitaliz* copyright gitignore grammar javadoc* lint linter misspel* punctuation reword* spelling typos
         whitespace wording",
    ),
    (
        -1.5,
        "align* broken caption captions changelog color colors colour* cosmetic* dead deprecat* font fonts footer hyperlink* icon
         icons label labels licence license licenses links logo logos margin misalign* obsolete padding pixel* placeholder* readme
         rename* string strings tagline text texts title titles tooltip* trivial typo unused url urls",
    ),
    (
        -1.25,
        "cleanup comment comments duplicate* extra fixme header headers heading headings incorrect* message messages minor missing
         outdated redundant screenshot* simple stale todo unnecessary wrong wrongly",
    ),
    (
        -1.0,
        "adjust* announce* attributeerror backport* blog button buttons capitali* cherry click clicking config constant constants
         correct corrected correction corrects debug default defaults delete deleted deletes disable* drop easy fix fixed fixes flag
         hidden hide hides increment indent* keyerror link linting log logging logs menu menus merge nameerror newline noisy npe null
         nullpointer* option options println properties property publish* quick release released releases removal remove removed
         removes revert* setting settings small snapshot spell* tag tiny toggle* trailing tweak* typeerror undefined update updated
         updates verbose version versions warning warnings",
    ),
    (
        -0.75,
        "artifact* assert assertion bug bugs cannot caption* change changed changes classpath commented confusing crash crashed
         crashes crashing css dependencies dependency display displays doc docs document documentation documented doesn error errors
         example examples exception exceptions fail failed failing fails faq guide href jar jars junit labeled labelled licence*
         license* misleading mock mocked mocks note notes notice regression renam* sample samples shouldn show shows simply snippet*
         spacing styling tab throw thrown throws tidy todos translat* tutorial* typoed unable unit unnecessar* wiki",
    ),
    (
        -0.5,
        "<url> actual add adding adds allow allows argument arguments artefact* attribute* build builds check checkbox* checking
         checks classcast* classnotfound* clean column columns compilation compile* configs constant* copy correct* crash* date dates
         delete* demo dialog directory documentation* doesn* dropdown* email enable* ensure exception* expected field file filter
         filters fixing flags form format formats formatted formatting getter hardcod* heading* hide* illegalargument* illegalstate*
         instead invalid isn* item leftover link* little logged logger lowercase magic meeting merged merging modal move moved name
         names nightly noise nosuchmethod* oneliner order ordering overlap* page parameter* path paths popup post prevent* print
         quickly release* remov* reproduce retry return returns review rollback row scroll* set setter shouldn* sort sorted sorting
         sorts stderr stdout steps stub stubbed stubs tagged tags testcase* timeout* truncat* updating uppercase validate validates
         validation* value valueerror values verify wrap wraps",
    ),
    (
        -0.25,
        "added allow* argument* assert* call ci cleaned cleaner compil* configuration copied copies count demos dialogs display* does
         failure failures feedback fields filename files filter* folder folders format* forms get gets input inputs limit limits mail
         method methods mock* moves named number observed order* overload* pages param params password popups regress* repro
         reproducible result results retries returned reviewed reviews rows sets should size sort* tabs test tests timestamp timezone
         ui validat* verified verifies",
    ),
    (
        0.0,
        "install installer installs",
    ),
    (
        0.25,
        "<code> <trace> admin api apis authentic* authoris* authoriz* automat* batches browser browsers cache* client compilers
         component* configur* container* conversion create creates creating credential* custom* data database* deploy* deserializ*
         encod* endpoint* export* extend* extensib* flexible freeze* generate* generation generator* generic* handle handles handling
         hanging http https image import* improve improved improves index* install* json leak* listener* marshal* metric* module*
         monitor* occasionally oom outofmemory* packag* parametri* parse parsers plugin plugins port queries query queue* random*
         reindex rest schedul* schema* script scripts search* server service services slow* so sometimes sql statistics stream*
         subscri* suites supporting table tables template templates that thread* token tokens transform* upgrading webhook* xml",
    ),
    (
        0.5,
        "abilit* accessib* adaptor* approach async* atomic audit* automate* automatic* automation background batch bidirectional
         bridge capabilit* certification chart* cli comparison complete comprehensive connect* console container containers convert*
         cross custom customi* deadlock* decoupl* decrypt* deploy deployment* deploys develop* draggable dynamic* encoding
         environment* event events explor* export exporting exports extend extended extending extends extension* extract feasib*
         figure flaky full functionalit* generate generates generator hang hangs heuristic* ide identify import importing imports
         index indexed indexes indexing inference intermittent* interpreter introduc* l10n leak leaking leaks lock* login memory
         metric metrics modeling modelling moderni* modular multilingual notif* ontology parser parsing permission* plan planning
         pluggable process processing provide* provision* queue queues race random randomly report reporting reports repositories
         restructur* role roles search searches searching semantic serializ* several slow slowly sporadic* sso store strategies
         strategy stream streaming streams support supported supports sync* systems tenancy tenant* thread threading threads
         threadsafe unif* upgrade* user users various visuali* vm wizard*",
    ),
    (
        0.75,
        "ability able abstract analytics cache cached caches caching capabilities capability chart charts cloud compiler concept
         customer customers elastic* failback feature features framework* functionality graph graphs integrationtest learning
         marketplace platform* portal porting protocol* replac* requirement* rfc scenario scenarios scheduler* scheduling suite
         synchroni* team tolerance usecase ux want websocket* workspace",
    ),
    (
        1.0,
        "acceptance accessibility accessible across adapter* algorithm* all analy* app application applications assess* audit
         auditing benchmark* calendar canvas certificate* compare concurren* connectivity connector* consisten* consolidat*
         dashboard* debugger decouple* designer determine develop developed developing development domain drag e2e editor editors
         emulator encrypt* enhance* entire entities entity evaluat* every exploration explore functional gateway grid harness i18n
         implement* integrat* internationali* introduce* investigat* latency lifecycle load locali* lock locking milestone mobile
         model models modulari* multi multiple multitenan* new optimi* orchestrat* parallel* perf performance persist* pipeline*
         product profile profiler profiling provide provides proxy refactor* reorgani* repository research* responsive restructure*
         runtime sdk secur* simulator split ssl stage storage stress system tablet tenant tenants throughput timeline tls tool
         tooling transaction* understand unified unify visualis* visualiz* vulnerab* whole wizard wizards workflow*",
    ),
    (
        1.25,
        "backend frontend interoperab* scal* stories story",
    ),
    (
        1.5,
        "abstraction* architect* availab* backward* cluster* collaborat* compatib* design designing designs distribut* driver drivers
         engines failover fault frameworks ha incompatib* infrastructure legacy machine migrat* mockup* overhaul* partition* platform
         platforms poc proof proposal* protocol protocols prototyp* realtime recommend* recover* redesign* reimplement* replace
         replacement replaces replacing replicat* resilien* rework* rewrit* shard* spec specification* spike subsystem* transition*
         wireframe*",
    ),
    (
        1.75,
        "cluster clustering engine framework migrate migration overhaul redesign replication rewrite",
    ),
    (
        2.0,
        "architectural architecture end2end epic epics initiative mvp phase roadmap umbrella",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_its_own_grade_or_that_of_its_longest_beginning() {
        assert_eq!(grade("typo"), -1.5);
        assert_eq!(grade("implementing"), grade("implemented"));
        assert_eq!((grade("the"), grade(""), grade("ü")), (0.0, 0.0, 0.0));
        assert!(grade("release") < 0.0 && grade("architecture") > 1.5);
        for entry in &LEXICON.entries {
            let found = LEXICON.entries.iter().filter(|other| {
                if other.is_whole { other.text == entry.text } else { entry.text.starts_with(other.text) }
            });
            let longest = found.max_by_key(|other| (other.text.len(), other.is_whole)).map(|other| other.grade);
            assert_eq!(longest, Some(grade(entry.text)), "{}", entry.text);
        }
    }

    #[test]
    fn no_word_is_graded_twice_and_all_lie_on_the_scale() {
        let twice = |pair: &[Entry]| matches!(pair, [a, b] if (a.text, a.is_whole) == (b.text, b.is_whole));
        assert!(!LEXICON.entries.windows(2).any(twice));
        assert!(LEXICON.entries.iter().all(|entry| entry.grade.abs() <= 2.0));
        assert!(LEXICON.entries.iter().all(|entry| entry.is_whole || entry.text.len() >= STEM_MIN));
    }

    #[test]
    fn only_what_sets_a_text_apart_counts() {
        let (small, large) = (Bag::of("fix a typo"), Bag::of("new architecture"));
        let usual = Usual::of(&[&small, &large]);
        assert!(usual.offset(&small) > 0.0 && usual.offset(&large) < 0.0);
        assert_eq!(Usual::of(&[&small, &small]).offset(&small), 0.0);
        assert_eq!(Usual::of(&[]).offset(&small), 0.0);
        assert_eq!(usual.parts(&large).first().map(|part| part.1 < 0.0), Some(true));
    }
}
