//! Issues by immutable id.

use std::collections::BTreeMap;

use roadmapd::model::{Issue, IssueId};

use super::{Place, github, issue, item, jira};

#[tokio::test]
async fn issues_come_back_as_they_were_saved_and_sorted_by_id() {
    let place = Place::new();
    let store = place.open().await;
    let mut issues = vec![issue("3", "jira:PAY-3"), issue("20", "jira:PAY-20"), issue("9", "github:acme/api#9")];
    store.save_issues(&issues).await.unwrap();
    issues.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.issues().await.unwrap(), issues);
    let some = store.issues_by_id(&jira(), &["3".into(), "404".into(), "3".into(), "9".into()]).await.unwrap();
    assert_eq!(some, [issue("3", "jira:PAY-3")]);
}

#[tokio::test]
async fn saving_twice_is_saving_once() {
    let place = Place::new();
    let store = place.open().await;
    let issues = [issue("1", "jira:PAY-1"), issue("2", "jira:PAY-2")];
    store.save_issues(&issues).await.unwrap();
    let once = store.issues().await.unwrap();
    store.save_issues(&issues).await.unwrap();
    store.save_issues(&[issues[0].clone(), issues[0].clone()]).await.unwrap();
    assert_eq!(store.issues().await.unwrap(), once);
}

#[tokio::test]
async fn the_later_of_two_readings_in_one_page_wins() {
    let place = Place::new();
    let store = place.open().await;
    let later = Issue { title: "later".into(), ..issue("1", "jira:PAY-1") };
    store.save_issues(&[issue("1", "jira:PAY-1"), later.clone()]).await.unwrap();
    assert_eq!(store.issues().await.unwrap(), [later]);
}

#[tokio::test]
async fn an_item_once_assigned_survives_new_readings() {
    let place = Place::new();
    let store = place.open().await;
    store.save_issues(&[issue("1", "jira:PAY-1")]).await.unwrap();
    let (one, unknown) = (IssueId::new(&jira(), "1"), IssueId::new(&jira(), "404"));
    store.assign_items(&[(one.clone(), item(1)), (unknown, item(2))]).await.unwrap();
    store.save_issues(&[Issue { title: "new".into(), ..issue("1", "jira:PAY-1") }]).await.unwrap();
    let stored = store.issues().await.unwrap();
    assert_eq!((stored[0].title.as_str(), stored[0].item.clone(), stored.len()), ("new", Some(item(1)), 1));
    store.assign_items(&[(one, item(7))]).await.unwrap();
    assert_eq!(store.issues().await.unwrap()[0].item, Some(item(7)));
}

#[tokio::test]
async fn an_old_key_becomes_an_alias_and_still_finds_the_issue() {
    let place = Place::new();
    let store = place.open().await;
    for key in ["jira:PAY-1", "jira:SHOP-4", "jira:OPS-2"] {
        store.save_issues(&[issue("1", key)]).await.unwrap();
    }
    let moved = Issue {
        aliases: vec!["jira:PAY-1".parse().unwrap(), "jira:SHOP-4".parse().unwrap()],
        ..issue("1", "jira:OPS-2")
    };
    assert_eq!(store.issues().await.unwrap(), std::slice::from_ref(&moved));
    for key in ["jira:PAY-1", "jira:shop-4", "jira:ops-2"] {
        assert_eq!(store.find_issue(&key.parse().unwrap()).await.unwrap().as_ref(), Some(&moved), "{key}");
    }
    assert_eq!(store.find_issue(&"jira:PAY-9".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.find_issue(&"github:PAY-1".parse().unwrap()).await.unwrap(), None);
    store.save_issues(&[issue("1", "jira:PAY-1")]).await.unwrap();
    let back = store.find_issue(&"jira:OPS-2".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(back.aliases, ["jira:OPS-2".parse().unwrap(), "jira:SHOP-4".parse().unwrap()]);
}

#[tokio::test]
async fn a_key_of_now_wins_over_an_alias() {
    let place = Place::new();
    let store = place.open().await;
    store.save_issues(&[issue("1", "jira:PAY-1")]).await.unwrap();
    store.save_issues(&[issue("1", "jira:OPS-1"), issue("2", "jira:PAY-1")]).await.unwrap();
    assert_eq!(store.find_issue(&"jira:PAY-1".parse().unwrap()).await.unwrap().unwrap().id.id, "2");
}

#[tokio::test]
async fn aliases_that_the_tracker_told_are_kept() {
    let place = Place::new();
    let store = place.open().await;
    let told = Issue { aliases: vec!["github:acme/old#1".parse().unwrap()], ..issue("1", "github:acme/new#1") };
    store.save_issues(std::slice::from_ref(&told)).await.unwrap();
    assert_eq!(store.find_issue(&"github:acme/old#1".parse().unwrap()).await.unwrap(), Some(told));
}

#[tokio::test]
async fn stamps_name_only_known_issues_of_that_tracker() {
    let place = Place::new();
    let store = place.open().await;
    let issues: Vec<_> = (0..1200).map(|n| issue(&n.to_string(), &format!("jira:PAY-{n}"))).collect();
    store.save_issues(&issues).await.unwrap();
    let ids: Vec<String> = (1100..1300).map(|n| n.to_string()).collect();
    let expected: BTreeMap<_, _> = issues[1100..].iter().map(|issue| (issue.id.id.clone(), issue.updated)).collect();
    assert_eq!(store.stamps(&jira(), &ids).await.unwrap(), expected);
    assert!(store.stamps(&github(), &ids).await.unwrap().is_empty());
    let all: Vec<String> = (0..1200).map(|n| n.to_string()).collect();
    assert_eq!(store.stamps(&jira(), &all).await.unwrap().len(), 1200);
}

#[tokio::test]
async fn a_removed_issue_is_gone_with_its_aliases() {
    let place = Place::new();
    let store = place.open().await;
    store.save_issues(&[issue("1", "jira:PAY-1")]).await.unwrap();
    store.save_issues(&[issue("1", "jira:OPS-1")]).await.unwrap();
    store.remove_issues(&[IssueId::new(&jira(), "1")]).await.unwrap();
    assert!(store.issues().await.unwrap().is_empty());
    assert_eq!(store.find_issue(&"jira:PAY-1".parse().unwrap()).await.unwrap(), None);
}
