package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthEnableRequest;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthGrpc.AuthBlockingStub;
import io.etcd.jetcd.api.AuthRoleAddRequest;
import io.etcd.jetcd.api.AuthRoleGrantPermissionRequest;
import io.etcd.jetcd.api.AuthUserAddRequest;
import io.etcd.jetcd.api.AuthUserChangePasswordRequest;
import io.etcd.jetcd.api.AuthUserGrantRoleRequest;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.Permission;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/**
 * The users of a server: {@code root}, and a user with the right to one namespace, both with the same password in the
 * beginning.
 */
final class Users {
    private final Outsider outsider;
    private final String password;

    Users(Outsider outsider, String password) {
        this.outsider = outsider;
        this.password = password;
    }

    /** Adds both, and switches rights on. */
    void switchOn(String name, String namespace) {
        AuthBlockingStub auth = AuthGrpc.newBlockingStub(outsider.channel());
        for (String each : new String[] {"root", name}) {
            auth.userAdd(AuthUserAddRequest.newBuilder()
                    .setName(each)
                    .setPassword(password)
                    .build());
            auth.roleAdd(AuthRoleAddRequest.newBuilder().setName(each).build());
            auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                    .setUser(each)
                    .setRole(each)
                    .build());
        }
        grant(auth, name, namespace, Permission.Type.READWRITE);
        auth.authEnable(AuthEnableRequest.getDefaultInstance());
    }

    /** As docs/etcd.md says: {@code etcdctl role grant-permission app --prefix readwrite billing:}. */
    private static void grant(AuthBlockingStub auth, String name, String namespace, Permission.Type right) {
        auth.roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                .setName(name)
                .setPerm(Permission.newBuilder()
                        .setPermType(right)
                        .setKey(ByteString.copyFromUtf8(namespace + ":"))
                        .setRangeEnd(ByteString.copyFromUtf8(namespace + ";")))
                .build());
    }

    void grant(String name, String namespace, Permission.Type right) {
        grant(asRoot(), name, namespace, right);
    }

    AuthBlockingStub asRoot() {
        AuthBlockingStub auth = AuthGrpc.newBlockingStub(outsider.channel());
        String token = auth.authenticate(AuthenticateRequest.newBuilder()
                        .setName("root")
                        .setPassword(password)
                        .build())
                .getToken();
        Metadata headers = new Metadata();
        headers.put(Tokens.HEADER, token);
        return auth.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** etcd forgets the tokens of the user then, as it does when they are old. */
    void changePassword(String name, String to) {
        asRoot().userChangePassword(AuthUserChangePasswordRequest.newBuilder()
                .setName(name)
                .setPassword(to)
                .build());
    }
}
