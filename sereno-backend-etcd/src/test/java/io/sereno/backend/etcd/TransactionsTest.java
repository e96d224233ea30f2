package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TransactionsTest {
    private final Transactions transactions = new Transactions(new Keys("billing"));

    /** etcd answers a transaction without operations, or with serializable reads alone, from the member at hand. */
    @Test
    void everyCommitIsDecidedByTheQuorum() {
        List<Commit> commits = List.of(
                Commit.to("lock/a").build(),
                Commit.to("lock/a").ifAbsent("n").build(),
                Commit.to("lock/a").ifCreateRevision("n", 4).ifAbsent("m").build(),
                Commit.to("lock/a").ifAbsent("n").returningAll().build(),
                Commit.to("lock/a").put("n", Bytes.EMPTY).build(),
                Commit.to("lock/a").delete("n").build());
        for (Commit commit : commits) {
            TxnRequest request = transactions.request(commit);
            assertThat(Stream.concat(request.getSuccessList().stream(), request.getFailureList().stream())
                            .anyMatch(TransactionsTest::needsTheQuorum))
                    .as("%s", commit)
                    .isTrue();
        }
    }

    private static boolean needsTheQuorum(RequestOp operation) {
        return !operation.hasRequestRange() || !operation.getRequestRange().getSerializable();
    }

    @Test
    void theReturnedReadIsLastInBothBranches() {
        TxnRequest request = transactions.request(Commit.to("lock/a")
                .ifAbsent("n")
                .put("n", Bytes.EMPTY)
                .delete("m")
                .returningAll()
                .build());
        assertThat(request.getSuccessCount()).isEqualTo(3);
        assertThat(request.getSuccess(2).getRequestRange().getKey().toStringUtf8())
                .isEqualTo("billing:lock/a:");
        assertThat(request.getFailureList()).containsExactly(request.getSuccess(2));
    }
}
