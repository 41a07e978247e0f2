//! How long scoring takes as a backlog grows, on one core, told oldest first and newest first. Times are noisy on a busy machine.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roadmapd::score::{Model, Previous, Weights, score};

#[expect(dead_code, reason = "shared with the laws of score, which use all of it")]
#[path = "../tests/core/score_corpus.rs"]
mod score_corpus;

#[path = "../tests/measures/varied.rs"]
mod varied;

use score_corpus::{TODAY, roadmap};
use varied::nth;

fn many_items(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("score");
    group.sample_size(10);
    for items in [1_000_u32, 10_000, 100_000] {
        group.throughput(Throughput::Elements(items.into()));
        let (there, back) = (roadmap((0..items).map(nth)), roadmap((0..items).rev().map(nth)));
        for (order, backlog) in [("oldest first", &there), ("newest first", &back)] {
            let (previous, model, weights) = (Previous::default(), Model::default(), Weights::default());
            group.bench_function(BenchmarkId::new(order, items), |bencher| {
                // What was found is dropped outside of the time.
                bencher.iter_batched(
                    || (),
                    |()| score(backlog, &previous, &model, &weights, TODAY),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, many_items);
criterion_main!(benches);
