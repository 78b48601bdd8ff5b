//! Amounts: `i128` at the boundary, as the token standard has it, `i64` inside, as a bill is.

use crate::Error;

/// Ten thousand basis points are the whole.
pub const BPS_WHOLE: u32 = 10_000;

/// An amount that moves: one unit at least.
pub fn positive(amount: i128) -> Result<i64, Error> {
    match i64::try_from(amount) {
        Ok(v) if v > 0 => Ok(v),
        _ => Err(Error::InvalidAmount),
    }
}

/// A total that may be zero.
pub fn non_negative(amount: i128) -> Result<i64, Error> {
    match i64::try_from(amount) {
        Ok(v) if v >= 0 => Ok(v),
        _ => Err(Error::InvalidAmount),
    }
}

/// A total for a report. Plain transfers cannot be refused, so a total may pass the range;
/// the report then says the most that it can, and nothing gets stuck.
pub fn clamp(total: i128) -> i64 {
    total.clamp(i64::MIN as i128, i64::MAX as i128) as i64
}

/// The platform's share of a cumulative sum, rounded down. `bps` is at most `BPS_WHOLE`.
pub fn share(cumulative: i64, bps: u32) -> i64 {
    // A product of 63 and 14 bits fits, and a quotient by at least its factor fits again.
    (cumulative as i128 * bps as i128 / BPS_WHOLE as i128) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_they_say() {
        assert_eq!(positive(0), Err(Error::InvalidAmount));
        assert_eq!(positive(-1), Err(Error::InvalidAmount));
        assert_eq!(positive(1), Ok(1));
        assert_eq!(positive(i64::MAX as i128), Ok(i64::MAX));
        assert_eq!(positive(i64::MAX as i128 + 1), Err(Error::InvalidAmount));
        assert_eq!(positive(i128::MIN), Err(Error::InvalidAmount));
        assert_eq!(non_negative(0), Ok(0));
        assert_eq!(non_negative(-1), Err(Error::InvalidAmount));
        assert_eq!(clamp(i128::MAX), i64::MAX);
        assert_eq!(clamp(i128::MIN), i64::MIN);
        assert_eq!(clamp(7), 7);
    }

    #[test]
    fn share_rounds_down_on_the_sum_and_never_takes_more_than_moved() {
        assert_eq!(share(i64::MAX, BPS_WHOLE), i64::MAX);
        assert_eq!(share(i64::MAX, 0), 0);
        assert_eq!(share(9_999, 1), 0);
        assert_eq!(share(10_000, 1), 1);
        for bps in [0, 1, 333, 1_000, 2_000, 9_999, 10_000] {
            let mut paid_in_steps = 0;
            for sum in 1..3_000 {
                let step = share(sum, bps) - share(sum - 1, bps);
                assert!((0..=1).contains(&step));
                paid_in_steps += step;
            }
            assert_eq!(paid_in_steps, share(2_999, bps));
        }
    }
}
