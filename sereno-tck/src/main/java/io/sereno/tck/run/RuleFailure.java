package io.sereno.tck.run;

import org.jspecify.annotations.Nullable;

/** A broken rule: what was seen. The kit adds rule, steps and advice. */
public class RuleFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    public RuleFailure(String seen) {
        super(seen);
    }

    public RuleFailure(String seen, @Nullable Throwable cause) {
        super(seen, cause);
    }
}
