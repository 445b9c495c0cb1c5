//! Rounding as the tenant chose it, and shares that sum exactly.
//! Invariant MONEY-3: shares taken one after another sum to the whole, whatever each was rounded to.

use kernel::Decimal;
use rust_decimal::RoundingStrategy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    HalfUp,
    HalfEven,
    Truncate,
}

impl Rounding {
    pub const ALL: [Rounding; 3] = [Self::HalfUp, Self::HalfEven, Self::Truncate];

    pub fn word(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Truncate => "truncate",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rounding| rounding.word() == word)
    }
    pub fn round(self, amount: Decimal, decimals: u32) -> Decimal {
        let strategy = match self {
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::Truncate => RoundingStrategy::ToZero,
        };
        amount.round_dp_with_strategy(decimals, strategy)
    }
    /// `whole * part / of`, rounded; exactly `whole` when the part is all of it (MONEY-3: whoever takes shares one after
    /// another takes the difference of two of these).
    pub fn share(self, whole: Decimal, part: Decimal, of: Decimal, decimals: u32) -> Decimal {
        if part == of || of.is_zero() {
            return whole;
        }
        let exact = whole.checked_mul(part).and_then(|product| product.checked_div(of)).unwrap_or_else(|| whole * (part / of));
        self.round(exact, decimals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::money::allocate;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn each_mode_rounds_its_own_way() {
        let rounded = |text: &str| Rounding::ALL.map(|mode| mode.round(d(text), 0).to_string());
        assert_eq!(rounded("2.5"), ["3", "2", "2"]);
        assert_eq!(rounded("3.5"), ["4", "4", "3"]);
        assert_eq!(rounded("-2.5"), ["-3", "-2", "-2"]);
        assert_eq!(rounded("2.6"), ["3", "3", "2"]);
    }

    /// Discounts over lines: 100,000 random cases, each exact and each part within one unit of its share.
    #[test]
    fn money_2_a_hundred_thousand_allocations_are_exact() {
        let seed = std::env::var("SWITCHYARD_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
        eprintln!("money_2_a_hundred_thousand_allocations_are_exact: SWITCHYARD_TEST_SEED={seed}");
        let mut random = StdRng::seed_from_u64(seed);
        for case in 0..100_000 {
            let decimals = [0, 2, 3][random.random_range(0..3_usize)];
            let whole = Decimal::new(random.random_range(-10_000_000_000..10_000_000_000_i64), decimals);
            let weights: Vec<Decimal> = (0..random.random_range(1..12)).map(|_| Decimal::new(random.random_range(0..1_000_000_000_i64), random.random_range(0..4))).collect();
            let parts = allocate(whole, &weights, decimals);
            assert_eq!(parts.iter().sum::<Decimal>(), whole, "case {case}: {whole} over {weights:?}");
            let total: Decimal = weights.iter().sum();
            if !total.is_zero() {
                for (part, weight) in parts.iter().zip(&weights) {
                    assert!((part - whole * *weight / total).abs() <= Decimal::new(1, decimals), "case {case}: {part} of {whole} for {weight} in {total}");
                }
            }
            // Ties go to the earlier line.
            let equal = allocate(whole.abs(), &vec![Decimal::ONE; weights.len()], decimals);
            assert!(equal.windows(2).all(|pair| pair[0] >= pair[1]), "case {case}: {equal:?}");
        }
    }

    #[test]
    fn money_3_shares_taken_one_after_another_sum_to_the_whole() {
        let mut random = StdRng::seed_from_u64(7);
        for _ in 0..10_000 {
            let of = random.random_range(1..20_i64);
            let whole = Decimal::from(random.random_range(-1_000_000..1_000_000_i64));
            for mode in Rounding::ALL {
                let (mut before, mut sum, mut taken) = (Decimal::ZERO, Decimal::ZERO, 0);
                while taken < of {
                    taken = (taken + random.random_range(1..4)).min(of);
                    let until = mode.share(whole, taken.into(), of.into(), 0);
                    sum += until - before;
                    before = until;
                }
                assert_eq!(sum, whole);
            }
        }
    }
}
