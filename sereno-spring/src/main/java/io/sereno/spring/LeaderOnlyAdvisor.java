package io.sereno.spring;

import java.lang.reflect.Method;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;

/** Runs methods with {@link LeaderOnly} while this process leads. */
final class LeaderOnlyAdvisor extends GuardingAdvisor<LeaderOnly, String> {
    private final ConfigurableBeanFactory beans;

    LeaderOnlyAdvisor(ConfigurableBeanFactory beans) {
        super(LeaderOnly.class, Locked.ORDER - 1);
        this.beans = beans;
    }

    /** The name of the election. */
    @Override
    String read(Method method, Class<?> type, LeaderOnly present) {
        Skipping.requireEndsWithItsReturn(method, "@LeaderOnly");
        Skipping.requireNoPrimitiveResult(method, "@LeaderOnly");
        return Candidacies.name(beans, method, present.value());
    }

    @Override
    @Nullable
    Object guard(String election, MethodInvocation invocation) throws Throwable {
        Tenure.Run run = beans.getBean(Candidacies.class).begin(election);
        if (run == null) {
            return Skipping.result(invocation.getMethod().getReturnType());
        }
        try {
            return invocation.proceed();
        } finally {
            beans.getBean(Candidacies.class).end(election, run);
        }
    }
}
