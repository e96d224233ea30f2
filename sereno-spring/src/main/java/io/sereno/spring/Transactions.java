package io.sereno.spring;

import java.lang.reflect.Method;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** What the calling thread and a method have to do with transactions. Used only if spring-tx is there. */
final class Transactions {
    private Transactions() {}

    static boolean isActive() {
        return TransactionSynchronizationManager.isActualTransactionActive();
    }

    /** Whether the method runs in the transaction of its caller, if there is one. */
    static boolean joins(Method method, Class<?> type) {
        Transactional present = AnnotatedElementUtils.findMergedAnnotation(method, Transactional.class);
        if (present == null) {
            present = AnnotatedElementUtils.findMergedAnnotation(type, Transactional.class);
        }
        if (present == null) {
            return true;
        }
        Propagation propagation = present.propagation();
        return propagation != Propagation.REQUIRES_NEW
                && propagation != Propagation.NOT_SUPPORTED
                && propagation != Propagation.NEVER;
    }
}
