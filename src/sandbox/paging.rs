//! How many rows a page shows, and which, when it goes wrong.

use std::ops::Range;

use super::faults::PageFault;

/// The places of a page's rows in the whole listing, cut short where the page is to be short.
pub(super) fn cut(range: Range<usize>, fault: Option<PageFault>) -> Range<usize> {
    match fault {
        Some(PageFault::ShortPage) => range.start..range.end.min(range.start + (range.len() / 2).max(1)),
        _ => range,
    }
}

/// The places whose rows are shown: those of the page, with one of them twice where rows are to be duplicated.
pub(super) fn shown(range: Range<usize>, fault: Option<PageFault>) -> Vec<usize> {
    let mut places: Vec<usize> = range.clone().collect();
    if fault == Some(PageFault::DuplicatedRows) && !range.is_empty() {
        match range.start.checked_sub(1) {
            Some(before) => places.insert(0, before),
            None => places.push(range.end - 1),
        }
    }
    places
}

/// A smaller page of a listing by page number: rows a page and number, so that the pages that follow miss nothing.
/// None: a page of so few rows can't be cut.
pub(super) fn smaller(per_page: usize, page: usize, rows: usize) -> Option<(usize, usize)> {
    let size = (1..=rows / 2).rev().find(|size| per_page.is_multiple_of(*size))?;
    Some((size, (page - 1) * (per_page / size) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_page_is_half_a_page_and_never_empty() {
        assert_eq!(cut(10..20, Some(PageFault::ShortPage)), 10..15);
        assert_eq!(cut(3..4, Some(PageFault::ShortPage)), 3..4);
        assert_eq!(cut(4..4, Some(PageFault::ShortPage)), 4..4);
    }

    #[test]
    fn a_smaller_page_begins_where_the_page_did() {
        for (per_page, page, rows) in [(100, 1, 100), (100, 3, 7), (30, 2, 29), (7, 4, 7)] {
            let (size, number) = smaller(per_page, page, rows).expect("a smaller page");
            assert_eq!((number - 1) * size, (page - 1) * per_page, "{per_page} {page} {rows}");
            assert!(size < rows);
        }
        assert_eq!(smaller(30, 1, 1), None);
    }
}
