"""Programs that measure: `script/bench NAME`. Each prints what it found."""
