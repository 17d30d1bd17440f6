//! The numbers of ITU-T G.722: quantizer levels and decision values, scale factor steps.
//!
//! Levels are an eighth of the recommendation's 16-bit words, all of which are multiples of eight.

/// Output levels of the 6-bit low band quantizer, by code (`QM6`).
pub(super) const LOW_6_BIT: [i32; 64] = [
    -17, -17, -17, -17, -3101, -2738, -2376, -2088, -1873, -1689, -1535, -1399, -1279, -1170,
    -1072, -982, -899, -822, -750, -682, -618, -558, -501, -447, -396, -347, -300, -254, -211,
    -170, -130, -91, 3101, 2738, 2376, 2088, 1873, 1689, 1535, 1399, 1279, 1170, 1072, 982, 899,
    822, 750, 682, 618, 558, 501, 447, 396, 347, 300, 254, 211, 170, 130, 91, 54, 17, -54, -17,
];

/// Output levels of the 5-bit low band quantizer, by code (`QM5`).
pub(super) const LOW_5_BIT: [i32; 32] = [
    -35, -35, -2919, -2195, -1765, -1458, -1219, -1023, -858, -714, -587, -473, -370, -276, -190,
    -110, 2919, 2195, 1765, 1458, 1219, 1023, 858, 714, 587, 473, 370, 276, 190, 110, 35, -35,
];

/// Output levels of the 4-bit low band quantizer, by code (`QM4`). The predictor follows this one
/// at every rate, so that losing the lower bits does not derail it.
pub(super) const LOW_4_BIT: [i32; 16] =
    [0, -2557, -1612, -1121, -786, -530, -323, -150, 2557, 1612, 1121, 786, 530, 323, 150, 0];

/// Output levels of the high band quantizer, by code (`QM2`).
pub(super) const HIGH_2_BIT: [i32; 4] = [-926, -202, 926, 202];

/// Upper decision values of the 6-bit low band quantizer, in order of magnitude (`Q6`).
pub(super) const LOW_DECISIONS: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
    1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];

/// Codes of positive differences, by how many decision values they reach (`ILP`).
pub(super) const LOW_POSITIVE: [u8; 30] = codes(61, 61);

/// Codes of negative differences, by how many decision values they reach (`ILN`): the two
/// smallest have the codes that the others leave over.
pub(super) const LOW_NEGATIVE: [u8; 30] = codes(63, 33);

/// Codes counting down: the first two from `smallest`, the others from `start`.
const fn codes(smallest: u8, start: u8) -> [u8; 30] {
    let mut codes = [0; 30];
    let mut steps = 0;
    while steps < 30 {
        codes[steps as usize] = if steps < 2 { smallest } else { start } - steps;
        steps += 1;
    }
    codes
}

/// Decision value between the two magnitudes of the high band quantizer (`Q2`).
pub(super) const HIGH_DECISION: i32 = 564;

/// Steps of the low band's logarithmic scale factor, by 4-bit code (`WL` over `RL4`).
pub(super) const LOW_SCALE_STEP: [i32; 16] =
    [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];

/// Steps of the high band's logarithmic scale factor, by code (`WH` over `RH2`).
pub(super) const HIGH_SCALE_STEP: [i32; 4] = [798, -214, 798, -214];

/// 2 to the power of n/32, times 2048 (`ILB`).
pub(super) const POWER_OF_TWO: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
