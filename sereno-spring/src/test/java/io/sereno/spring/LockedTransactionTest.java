package io.sereno.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** The mutex is acquired before a transaction begins, and released after it has ended. */
@SerenoTest
class LockedTransactionTest {
    private static final String ACCOUNT = "account:7";

    static class Accounts {
        @Locked(key = "'account:' + #id")
        @Transactional
        public void book(int id, Runnable body) {
            body.run();
        }

        @Locked(key = "'account:' + #id")
        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public void bookAnew(int id) {
            Locks.assertHeld("account:" + id);
        }

        @Transactional
        public void bookFromATransaction(Runnable body) {
            body.run();
        }
    }

    /** Records each end of a transaction, and whether the mutex is held then. */
    static final class Ledger extends AbstractPlatformTransactionManager {
        final List<String> events = new ArrayList<>();

        private void record(String event) {
            boolean held = Tenure.of(Tenure.Recipe.MUTEX, ACCOUNT)
                    .map(tenure -> tenure.grant().isHeld())
                    .orElse(false);
            events.add(event + (held ? " held" : " free"));
        }

        @Override
        protected Object doGetTransaction() {
            return new Object();
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
            record("begin");
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            record("commit");
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {
            record("rollback");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Banking {
        @Bean
        Ledger ledger() {
            return new Ledger();
        }

        @Bean
        Accounts accounts() {
            return new Accounts();
        }
    }

    @Test
    void theCommitComesBeforeTheRelease(TestNode ada, SerenoClock clock) throws Exception {
        var context = Contexts.start(ada.sereno(), Banking.class);
        Accounts accounts = context.getBean(Accounts.class);
        clock.run(() -> accounts.book(7, () -> {}));
        assertThatThrownBy(() -> clock.run(() -> accounts.book(7, () -> {
                    throw new IllegalArgumentException();
                })))
                .hasCauseInstanceOf(IllegalArgumentException.class);
        assertThat(context.getBean(Ledger.class).events)
                .containsExactly("begin held", "commit held", "begin held", "rollback held");
    }

    @Test
    void aCallWithinATransactionThatCommitsLaterIsRefused(TestNode ada, SerenoClock clock) throws Exception {
        var context = Contexts.start(ada.sereno(), Banking.class);
        Accounts accounts = context.getBean(Accounts.class);
        assertThatThrownBy(() -> accounts.bookFromATransaction(() -> accounts.book(7, () -> {})))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "it is called within a transaction, which would commit after the mutex is released");
        TransactionTemplate template = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
        assertThatThrownBy(() -> template.executeWithoutResult(status -> accounts.book(7, () -> {})))
                .isInstanceOf(IllegalStateException.class);
        clock.run(() -> accounts.bookFromATransaction(() -> accounts.bookAnew(7)));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true, order = Locked.ORDER - 1)
    static class TransactionsOutside {
        @Bean
        Ledger ledger() {
            return new Ledger();
        }

        @Bean
        Accounts accounts() {
            return new Accounts();
        }
    }

    @Test
    void anOrderThatPutsTheTransactionOutsideIsFound(TestNode ada) {
        var context = Contexts.start(ada.sereno(), TransactionsOutside.class);
        assertThatThrownBy(() -> context.getBean(Accounts.class).book(7, () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it is called within a transaction");
        assertThat(context.getBean(Ledger.class).events).containsExactly("begin free", "rollback free");
    }
}
