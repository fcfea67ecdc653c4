//! Medians, quantiles, and how certain a median is. Knows no clock and nothing of what was measured.

/// Quantiles of some figures, one for each share in [0, 1], in between where none stands just there;
/// NaN of none.
pub fn quantiles<const N: usize>(figures: &[f64], shares: [f64; N]) -> [f64; N] {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let figure = |at: usize| sorted.get(at.min(last)).copied().unwrap_or(f64::NAN);
    shares.map(|share| {
        let at = last as f64 * share;
        let (low, high) = (figure(at as usize), figure(at as usize + 1));
        low + (high - low) * at.fract()
    })
}

/// The middle one of some figures; NaN of none.
pub fn median(figures: &[f64]) -> f64 {
    let [median] = quantiles(figures, [0.5]);
    median
}

/// Within what share of the median the middle half of the figures lies, end to end.
pub fn spread(figures: &[f64]) -> f64 {
    let [low, median, high] = quantiles(figures, [0.25, 0.5, 0.75]);
    (high - low) / median
}

/// Whether another set of so many figures would hardly give another median: one that differs by
/// more than `share` of it. The quartiles' distance stands for 1.35 standard deviations, and a
/// median of n is 1.25 / √n of one uncertain.
pub fn is_certain(figures: &[f64], share: f64) -> bool {
    spread(figures) / 1.35 * 1.25 / (figures.len() as f64).sqrt() <= share
}

/// Median of what `figures` are of `of`, pair by pair: what slows both down leaves it alone.
pub fn ratio(figures: &[f64], of: &[f64]) -> f64 {
    let ratios: Vec<f64> = figures.iter().zip(of).map(|(a, b)| a / b).collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_found_in_whatever_order_the_figures_come() {
        let figures: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantiles(&figures, [0.5, 0.95, 0.99, 1.0]), [50.0, 95.0, 99.0, 100.0]);
        assert_eq!(quantiles(&[3.0], [0.0, 0.5, 0.99]), [3.0; 3]);
        assert_eq!(quantiles(&[4.0, 1.0, 2.0], [0.25, 0.5, 0.75]), [1.5, 2.0, 3.0]);
        assert!(median(&[]).is_nan());
        assert_eq!(spread(&figures), 1.0);
    }

    #[test]
    fn certainty_needs_figures_that_agree() {
        assert!(is_certain(&[10.0; 20], 0.005));
        let wild: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(!is_certain(&wild, 0.005));
        let mut once = vec![10.0; 19];
        once.push(500.0);
        assert!(is_certain(&once, 0.005), "one disturbed round counts for nothing");
        assert!(!is_certain(&[], 0.005), "nothing is known of nothing");
    }

    #[test]
    fn a_ratio_outlives_a_machine_that_slows_down() {
        assert_eq!(ratio(&[3.0, 3.0, 6.0, 6.0, 6.0], &[1.0, 1.0, 2.0, 2.0, 2.0]), 3.0);
    }
}
