package io.sereno.spring;

import io.sereno.Leadership;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.springframework.aop.support.AopUtils;
import org.springframework.util.ReflectionUtils;

/** A method with {@link OnElected} of a bean. */
final class ElectedMethod {
    private final Object bean;
    private final Method method;

    ElectedMethod(Object bean, Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        if (Modifier.isStatic(method.getModifiers())
                || Modifier.isPrivate(method.getModifiers())
                || Modifier.isFinal(method.getModifiers())
                || method.getReturnType() != void.class
                || parameters.length > 1
                || (parameters.length == 1 && parameters[0] != Leadership.class)) {
            throw new IllegalStateException(
                    "@OnElected on " + method
                            + ": a void method that is neither private nor final, of no argument or of one Leadership, is accepted");
        }
        this.bean = bean;
        this.method = AopUtils.selectInvocableMethod(method, bean.getClass());
        ReflectionUtils.makeAccessible(this.method);
    }

    /** Calls it. What is no runtime exception is wrapped, except for an interrupt. */
    void call(Leadership leadership) throws InterruptedException {
        try {
            method.invoke(bean, method.getParameterCount() == 0 ? new Object[0] : new Object[] {leadership});
        } catch (InvocationTargetException e) {
            Throwable thrown = e.getTargetException();
            if (thrown instanceof InterruptedException interrupt) {
                throw interrupt;
            }
            if (thrown instanceof RuntimeException failure) {
                throw failure;
            }
            if (thrown instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(this + " failed", thrown);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(this + " is not accessible", e);
        }
    }

    @Override
    public String toString() {
        return method.toString();
    }
}
