package io.sereno.spring;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Mutex;
import io.sereno.Sereno;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.expression.Expression;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;

/** Runs methods with {@link Locked} under their mutex. */
final class LockedAdvisor extends GuardingAdvisor<Locked, LockedAdvisor.LockedMethod> {
    /** @param joinsTransaction whether it runs in the transaction of its caller, if there is one */
    record LockedMethod(
            Method method, Expression key, @Nullable Duration limit, Busy onBusy, boolean joinsTransaction) {}

    private static final boolean TRANSACTIONS = ClassUtils.isPresent(
            "org.springframework.transaction.annotation.Transactional", LockedAdvisor.class.getClassLoader());

    private final ConfigurableBeanFactory beans;
    private final KeyExpressions keys;

    /** @param beans has the client, which is asked for at a call, so that no bean is made too early */
    LockedAdvisor(ConfigurableBeanFactory beans) {
        super(Locked.class, Locked.ORDER);
        this.beans = beans;
        this.keys = new KeyExpressions(beans);
    }

    @Override
    LockedMethod read(Method method, Class<?> type, Locked locked) {
        Skipping.requireEndsWithItsReturn(method, "@Locked");
        Duration limit = limit(method, locked);
        if (locked.onBusy() == Busy.SKIP) {
            if (limit == null) {
                throw new IllegalStateException("@Locked on " + method
                        + ": onBusy = SKIP without a wait never skips; waitAtMost = \"0s\" or longer is accepted");
            }
            Skipping.requireNoPrimitiveResult(method, "@Locked with onBusy = SKIP");
        }
        return new LockedMethod(
                method,
                keys.parse(method, locked.key()),
                limit,
                locked.onBusy(),
                TRANSACTIONS && Transactions.joins(method, type));
    }

    private @Nullable Duration limit(Method method, Locked locked) {
        String text = beans.resolveEmbeddedValue(locked.waitAtMost());
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            Duration limit = DurationFormatterUtils.detectAndParse(text.strip());
            if (!limit.isNegative()) {
                return limit;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(limitFault(method, text), e);
        }
        throw new IllegalStateException(limitFault(method, text));
    }

    private static String limitFault(Method method, String text) {
        return "@Locked on " + method + ": waitAtMost is '" + text
                + "'; durations from 0 as in 500ms, 5s, PT5S are accepted";
    }

    @Override
    @Nullable
    Object guard(LockedMethod method, MethodInvocation invocation) throws Throwable {
        String name = keys.value(method.method(), method.key(), invocation.getArguments());
        if (Tenure.of(Tenure.Recipe.MUTEX, name).isPresent()) {
            Locks.assertHeld(name);
            return invocation.proceed();
        }
        if (method.joinsTransaction() && Transactions.isActive()) {
            throw new IllegalStateException("@Locked on " + method.method()
                    + ": it is called within a transaction, which would commit after the mutex is released; a call outside of a"
                    + " transaction is accepted, or a method with @Transactional(propagation = REQUIRES_NEW)");
        }
        Grant grant = acquire(method, name);
        if (grant != null) {
            return run(grant, name, invocation);
        }
        if (method.onBusy() == Busy.SKIP) {
            return Skipping.result(method.method().getReturnType());
        }
        throw new BusyException(
                "mutex '" + name + "' was not free within " + method.limit() + "; " + method.method() + " was not run");
    }

    /** Null if it was not free in time. */
    private @Nullable Grant acquire(LockedMethod method, String name) throws InterruptedException {
        Mutex mutex = beans.getBean(Sereno.class).mutex(name);
        try {
            Duration limit = method.limit();
            return limit == null ? mutex.acquire() : mutex.tryAcquire(limit).orElse(null);
        } catch (InterruptedException e) {
            if (Arrays.stream(method.method().getExceptionTypes())
                    .anyMatch(declared -> declared.isAssignableFrom(InterruptedException.class))) {
                throw e;
            }
            Thread.currentThread().interrupt();
            CancellationException cancelled =
                    new CancellationException("interrupted while waiting for mutex '" + name + "'");
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    private static @Nullable Object run(Grant grant, String name, MethodInvocation invocation) throws Throwable {
        Object result;
        try {
            result = proceed(new Tenure(Tenure.Recipe.MUTEX, name, grant).begin(), invocation);
        } catch (Throwable thrown) {
            try {
                grant.release();
            } catch (GrantLostException lost) {
                lost.addSuppressed(thrown);
                throw lost;
            }
            throw thrown;
        }
        grant.release();
        return result;
    }

    private static @Nullable Object proceed(Tenure.Run run, MethodInvocation invocation) throws Throwable {
        try {
            return invocation.proceed();
        } finally {
            run.close();
        }
    }
}
