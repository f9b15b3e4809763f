"""Companies: what is dated about them: results, ex-days of dividends, bonus shares and splits."""
