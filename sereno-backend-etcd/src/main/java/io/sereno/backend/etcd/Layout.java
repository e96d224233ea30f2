package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.sereno.spi.BackendException;
import java.util.List;

/** The layout number of what is stored in a namespace; docs/spec.md says what raises it. */
final class Layout {
    private static final int KNOWN = 1;

    private Layout() {}

    /**
     * Reads the number, and writes it if it is missing. Also reads and deletes a key that never exists, so that a user
     * without the right to the namespace gets the error now.
     */
    static TxnRequest request(Keys keys) {
        RequestOp read = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(keys.layout()))
                .build();
        RequestOp write = RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder()
                        .setKey(keys.layout())
                        .setValue(ByteString.copyFromUtf8(String.valueOf(KNOWN))))
                .build();
        List<RequestOp> nothing = Transactions.withoutEffect(keys).getSuccessList();
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(keys.layout())
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setVersion(0))
                .addSuccess(write)
                .addAllSuccess(nothing)
                .addFailure(read)
                .addAllFailure(nothing)
                .build();
    }

    /**
     * Refuses a layout that this version does not know.
     *
     * @param answer to {@link #request}
     * @throws BackendException if the number is greater, or is not a number
     */
    static void check(TxnResponse answer, Keys keys) {
        if (answer.getSucceeded()) {
            return;
        }
        String found =
                answer.getResponses(0).getResponseRange().getKvs(0).getValue().toStringUtf8();
        if (!found.equals(String.valueOf(KNOWN))) {
            throw EtcdLimits.refused("the key '" + keys.layout().toStringUtf8() + "' says that the namespace has "
                    + (found.matches("[0-9]{1,9}")
                            ? "layout " + found + ", and this version of Sereno knows layout " + KNOWN
                                    + "; use the version of Sereno that the other clients use"
                            : "no layout of Sereno; another program wrote it"));
        }
    }
}
